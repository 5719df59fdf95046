# SPDX-License-Identifier: Apache-2.0
# Sourced. Sets TIDEMARK_HOME, and JAVA_HOME to a JDK 25 or later: the one JAVA_HOME names, one under /usr/lib/jvm, or Debian's
# openjdk-25-jdk-headless, which is installed where apt has it.

TIDEMARK_HOME=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
TIDEMARK_JDK=25

# Prints the major version of the JDK in folder $1, and nothing if there is none. Starts no JVM.
jdk_version() {
  [[ -x "$1/bin/javac" && -r "$1/release" ]] || return 0
  sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release"
}

jdk_fits() {
  local version
  version=$(jdk_version "$1")
  [[ -n "$version" && "$version" -ge "$TIDEMARK_JDK" ]]
}

# The newest JDK under /usr/lib/jvm that fits.
jdk_installed() {
  local folder best='' best_version=0 version
  for folder in /usr/lib/jvm/*; do
    [[ -L "$folder" ]] && continue
    version=$(jdk_version "$folder")
    if [[ -n "$version" && "$version" -ge "$TIDEMARK_JDK" && "$version" -gt "$best_version" ]]; then
      best=$folder best_version=$version
    fi
  done
  [[ -n "$best" ]] && echo "$best"
}

jdk_install() {
  local package=openjdk-$TIDEMARK_JDK-jdk-headless
  . "$TIDEMARK_HOME/bin/lib/packages.sh"
  package_known "$package" && package_install "$package"
}

jdk_find() {
  if [[ -n "${JAVA_HOME:-}" ]] && jdk_fits "$JAVA_HOME"; then return; fi
  JAVA_HOME=$(jdk_installed) && return
  jdk_install >&2 && JAVA_HOME=$(jdk_installed) && return
  echo "tidemark: JDK: none of version $TIDEMARK_JDK or later in JAVA_HOME or /usr/lib/jvm, and apt has no openjdk-$TIDEMARK_JDK-jdk-headless;" \
    "unpack one (such as Eclipse Temurin $TIDEMARK_JDK) under /usr/lib/jvm, or set JAVA_HOME to it" >&2
  return 5
}

jdk_find || exit
export TIDEMARK_HOME JAVA_HOME
