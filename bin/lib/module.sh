# SPDX-License-Identifier: Apache-2.0
# module_build MODULE: compiles a module and what it needs, where sources are newer, and puts its class path into MODULE_CLASSPATH.

. "$TIDEMARK_HOME/bin/lib/newer.sh"

module_build() {
  local module=$TIDEMARK_HOME/$1
  local stamp=$module/target/.classpath
  if is_newer "$stamp" pom.xml */pom.xml */src/main vhost-blk/src/test disk/src/test; then
    echo "building…" >&2
    # The jars of the modules below are made in the same run, so their classes are what is taken.
    "$TIDEMARK_HOME/bin/mvn" -q -ntp -pl "$1" -am package -DskipTests \
      org.apache.maven.plugins:maven-dependency-plugin:3.11.0:build-classpath \
      -Dmdep.outputFile=target/.classpath -Dmdep.includeScope=runtime >&2 || return
  fi
  MODULE_CLASSPATH=$module/target/classes:$(<"$stamp")
}
