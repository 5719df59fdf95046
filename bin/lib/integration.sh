# SPDX-License-Identifier: Apache-2.0
# integration_run CLASS ARGUMENT…: builds what is out of date, and replaces this shell by a main class of the integration room.

. "$TIDEMARK_HOME/bin/lib/newer.sh"

integration_build() {
  local stamp=$TIDEMARK_HOME/integration/target/.built
  is_newer "$stamp" pom.xml */pom.xml */src/main vhost-blk/src/test || return 0
  echo "building…" >&2
  "$TIDEMARK_HOME/bin/mvn" -q -ntp -pl integration -am package -DskipTests >&2 || return
  # Its first start prepares the next ones; nobody wants to measure that.
  "$TIDEMARK_HOME/bin/tidemark" --version >&2 || return
  touch "$stamp"
}

integration_run() {
  local target=$TIDEMARK_HOME/integration/target class=$1
  shift
  integration_build || return
  exec "$JAVA_HOME/bin/java" --enable-native-access=ALL-UNNAMED -XX:+UseSerialGC -Xmx256m \
    -cp "$target/classes:$target/lib/*" "$class" "$@"
}
