# SPDX-License-Identifier: Apache-2.0
# Sourced. is_newer STAMP PATH…: whether the stamp is missing, or a file below the paths (in the checkout) is newer.

is_newer() {
  local stamp=$1
  shift
  [[ -f $stamp ]] || return 0
  [[ -n $(cd "$TIDEMARK_HOME" && find "$@" -type f -newer "$stamp" -print -quit 2>/dev/null) ]]
}
