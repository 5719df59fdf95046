#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The backend that Tidemark is measured against: qemu-storage-daemon of Debian 13 (QEMU 10) where it can be had, else this
# machine's. Run or sourced (peer), it prints the command, one word a line.
#
# On Debian 12 the package is unpacked aside with all that it depends on, and started by its own loader.
set -euo pipefail
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/home.sh"
. "$TIDEMARK_HOME/bin/lib/debian13.sh"

peer_unpacked() {
  local root=$TIDEMARK_CACHE/peer program loader
  if [[ ! -f $root/complete ]]; then
    rm -rf "$root"
    debian13_closure "$root" qemu-utils qemu-system-common || return
    touch "$root/complete"
  fi
  program=$(find "$root/usr/bin" -name qemu-storage-daemon | head -n 1)
  loader=$root/usr/lib64/ld-linux-x86-64.so.2
  [[ -n "$program" && -e "$loader" ]] || return 1
  # An absolute link of the package would lead out of the tree.
  loader=$root/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2
  printf '%s\n' "$loader" --library-path "$root/usr/lib/x86_64-linux-gnu" "$program"
}

peer() {
  if debian13_native || ! peer_unpacked; then
    command -v qemu-storage-daemon || { echo "peer: qemu-storage-daemon is missing: install qemu-system-common" >&2; return 1; }
  fi
}

if [[ "${BASH_SOURCE[0]}" == "$0" ]]; then peer; fi
