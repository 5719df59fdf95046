# SPDX-License-Identifier: Apache-2.0
# Sourced. Debian packages that the scripts need, all in one place.
#
# need COMMAND PACKAGE...   installs the packages if the command isn't there
# need_packages LIST        does so for one of the lists below

# What building and testing takes: "command package..." each.
PACKAGES_TEST=(
  "mvn maven"
  "qemu-system-x86_64 qemu-system-x86"
  "qemu-storage-daemon qemu-system-common"
  "qemu-img qemu-utils"
  "busybox busybox-static"
  "mkfs.ext4 e2fsprogs"
  "sqlite3 sqlite3"
  "zstd zstd"
  "curl curl"
  "ceph-osd ceph-mon ceph-osd ceph-common librbd1"
  "glusterfsd glusterfs-server glusterfs-client"
)

need_packages() {
  local -n list=$1
  local line
  for line in "${list[@]}"; do
    # shellcheck disable=SC2086 # words are meant
    need $line || return
  done
}

need() {
  local command=$1
  shift
  PATH=$PATH:/usr/sbin:/sbin command -v "$command" >/dev/null && return
  package_install "$@"
}

# Whether apt's lists have the package; one that others only provide has no entry, which is no error to apt-cache.
package_shown() {
  apt-cache show --no-all-versions "$1" 2>/dev/null | grep '^Package:' >/dev/null
}

# Whether apt can install the package.
package_known() {
  command -v apt-cache >/dev/null || return
  package_lists || true
  package_shown "$1"
}

package_install() {
  local command=(apt-get -q -y -o Dpkg::Use-Pty=0 --no-install-recommends install "$@")
  command -v apt-get >/dev/null || { echo "tidemark: $*: missing, and this is no Debian; install it by hand" >&2; return 5; }
  package_lists || return
  echo "Installing $*" >&2
  DEBIAN_FRONTEND=noninteractive as_root "${command[@]}" >&2 || {
    echo "tidemark: $*: apt-get could not install it; see above" >&2
    return 5
  }
}

# Fetches apt's lists, once a day at the most.
package_lists() {
  [[ -n "$(find /var/lib/apt/lists -maxdepth 1 -name '*_Packages*' -mtime -1 -print -quit 2>/dev/null)" ]] && return
  [[ -n "${PACKAGE_LISTS_FETCHED:-}" ]] && return
  PACKAGE_LISTS_FETCHED=1
  as_root apt-get -q update >&2
}

as_root() {
  if [[ "$(id -u)" == 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo --preserve-env=DEBIAN_FRONTEND "$@"
  else
    echo "tidemark: $1: needs root, and there is no sudo; run this as root" >&2
    return 8
  fi
}
