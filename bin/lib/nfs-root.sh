#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes what a guest needs to be an NFS server or a client: Debian's kernel modules and nfs-utils, with busybox to run them.
#
# Prints a folder, to be the root of a file system. Nothing is installed; the result is kept in .cache.
set -euo pipefail
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/guest.sh"
. "$TIDEMARK_HOME/bin/lib/packages.sh"

NFS_MODULES="virtio_net nfsd nfsv4"
NFS_PACKAGES="nfs-kernel-server nfs-common libtirpc3 libtirpc-common libnfsidmap1 libevent-core-2.1-7 libkeyutils1 libwrap0 libdevmapper1.02.1 libsqlite3-0"
NFS_TOOLS="rpc.nfsd rpc.mountd exportfs mount.nfs"

# Debian 13 gives some libraries other names: what this machine's release doesn't know is left out.
nfs_packages() {
  local package
  for package in $NFS_PACKAGES libtirpc3t64 libevent-core-2.1-7t64; do
    if package_shown "$package"; then echo "$package"; fi
  done
}

nfs_root() {
  local kernel packages key into release tool from
  export PATH=$PATH:/usr/sbin:/sbin
  kernel=$(guest_kernel_package) || return
  packages=$(nfs_packages)
  key=nfs-$kernel-$({ apt-cache show --no-all-versions "$kernel" $packages | grep '^Version:'
    cat "${BASH_SOURCE[0]}"; } | sha256sum | cut -c1-12)
  into=$TIDEMARK_CACHE/guest/$key
  if [[ ! -d $into ]]; then
    mkdir -p "$TIDEMARK_CACHE/guest"
    work=$(mktemp -d "$TIDEMARK_CACHE/guest/new.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    mkdir -p "$work/kernel" "$work/nfs/debs" "$work/root"/{bin,etc,tools}
    release=$(guest_unpack_kernel "$work/kernel" "$kernel") || return
    guest_copy_modules "$work/kernel" "$work/root" "$release" $NFS_MODULES
    (cd "$work/nfs/debs" && apt-get -q -o APT::Sandbox::User=root download $packages >log 2>&1) \
      || guest_fail "can't download nfs-utils: $(tail -n 1 "$work/nfs/debs/log")" || return
    for package in "$work"/nfs/debs/*.deb; do dpkg-deb -x "$package" "$work/nfs"; done
    cp "$(command -v busybox)" "$work/root/bin/busybox"
    cp "$work/nfs/etc/netconfig" /etc/protocols /etc/services "$work/root/etc/" 2>/dev/null || true
    from=$work/nfs/usr/lib/x86_64-linux-gnu:$work/nfs/lib/x86_64-linux-gnu
    for tool in $NFS_TOOLS; do
      LD_LIBRARY_PATH=$from guest_copy_program "$work/root" "$(find "$work/nfs" -name "$tool" -type f | head -n 1)"
    done
    # The libraries that were unpacked have been copied under the paths they were unpacked at.
    if [[ -d $work/root$work/nfs ]]; then
      cp -a "$work/root$work/nfs/." "$work/root/"
      rm -rf "${work:?}/root/${TIDEMARK_CACHE#/}"
    fi
    rm -rf "$into"
    mv "$work/root" "$into"
  fi
  echo "$into"
}

nfs_root
