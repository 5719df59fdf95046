# SPDX-License-Identifier: Apache-2.0
# module_build MODULE: compiles a module and what it needs, where sources are newer, and puts its class path into MODULE_CLASSPATH.

module_newest() { find "$@" -type f -printf '%T@\n' 2>/dev/null | sort -n | tail -n 1; }

module_build() {
  local module=$TIDEMARK_HOME/$1 source
  local stamp=$module/target/.classpath
  source=$(cd "$TIDEMARK_HOME" && module_newest pom.xml */pom.xml */src/main vhost-blk/src/test disk/src/test)
  if [[ ! -f $stamp || "$(printf '%s\n%s\n' "$source" "$(module_newest "$stamp")" | sort -n | tail -n 1)" == "$source" ]]; then
    echo "building…" >&2
    # The jars of the modules below are made in the same run, so their classes are what is taken.
    "$TIDEMARK_HOME/bin/mvn" -q -ntp -pl "$1" -am package -DskipTests \
      org.apache.maven.plugins:maven-dependency-plugin:3.11.0:build-classpath \
      -Dmdep.outputFile=target/.classpath -Dmdep.includeScope=runtime >&2 || return
  fi
  MODULE_CLASSPATH=$module/target/classes:$(<"$stamp")
}
