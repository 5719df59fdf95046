#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Finds libblkio, or fetches Debian 13's and unpacks it aside. Run or sourced (libblkio), it prints the library's path.
set -euo pipefail
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/home.sh"
. "$TIDEMARK_HOME/bin/lib/debian13.sh"

libblkio() {
  local into=$TIDEMARK_CACHE/libblkio found
  found=$(ldconfig -p 2>/dev/null | awk '$1 == "libblkio.so.1" { print $NF; exit }' || true)
  if [[ -z "$found" ]]; then
    found=$(find "$into" -name libblkio.so.1 2>/dev/null | head -n 1 || true)
    if [[ -z "$found" ]]; then
      debian13_unpack "$into" libblkio1 || return
      found=$(find "$into" -name libblkio.so.1 | head -n 1)
    fi
  fi
  [[ -n "$found" ]] || { echo "libblkio: Debian's package holds no libblkio.so.1" >&2; return 1; }
  echo "$found"
}

if [[ "${BASH_SOURCE[0]}" == "$0" ]]; then libblkio; fi
