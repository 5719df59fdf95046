# SPDX-License-Identifier: Apache-2.0
# Sourced. The JVM's flags, and its AOT cache: classes of the program loaded and linked beforehand. See docs/cli.md.

JVM_FLAGS=(
  -XX:+UseSerialGC -Xms16m -Xmx256m -XX:+UseCompactObjectHeaders
  -XX:-UsePerfData
  --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow
)

# Adds the cache in $1/tidemark.aot to JVM_FLAGS; records it first where it is missing or older than the program.
# Without a place to write, or while another process is recording, the program starts without.
aot_use() {
  local dist=$1 cache=$1/tidemark.aot
  [[ "${TIDEMARK_AOT:-on}" == on ]] || return 0
  if ! aot_current "$dist" "$cache" && [[ -w "$dist" ]]; then aot_record "$dist" "$cache"; fi
  if [[ -s "$cache" ]] && aot_current "$dist" "$cache"; then
    JVM_FLAGS+=(-XX:AOTCache="$cache" -Xlog:aot*=off -Xlog:aot+codecache*=off)
  fi
}

# Whether the cache is younger than every jar.
aot_current() {
  [[ -e "$2" && -z "$(find "$1/tidemark.jar" "$1/lib" -type f -newer "$2" -print -quit)" ]]
}

aot_record() {
  local dist=$1 cache=$2
  (
    flock -n 9 || exit 0
    echo "tidemark: recording the AOT cache, once per build" >&2
    # Recorded without C2: a start would replay its compilations at once, and wait for them on a small machine.
    "$JAVA_HOME/bin/java" "${JVM_FLAGS[@]}" -XX:TieredStopAtLevel=1 -XX:AOTCacheOutput="$cache.new" \
      -jar "$dist/tidemark.jar" warm-up >"$dist/aot.log" 2>&1 </dev/null
    # An empty file stands for "tried, and failed": the reason is in aot.log, and nobody tries again.
    if [[ -s "$cache.new" ]]; then mv "$cache.new" "$cache"; else : >"$cache"; fi
  ) 9>"$dist/aot.lock" || true
}
