#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes what a guest needs to be an NFS server and its clients: Debian's kernel modules and nfs-utils, with busybox to run them.
#
# Prints a folder, to be the root of a file system. Nothing is installed; the result is kept in .cache.
set -euo pipefail
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/guest.sh"

NFS_MODULES="nfsd nfsv4 veth"
NFS_PACKAGES="nfs-kernel-server nfs-common libtirpc3 libtirpc-common libnfsidmap1 libevent-core-2.1-7 libkeyutils1 libwrap0 libdevmapper1.02.1"
NFS_TOOLS="rpc.nfsd rpc.mountd exportfs mount.nfs"

nfs_root() {
  local package key into work release tool
  export PATH=$PATH:/usr/sbin:/sbin
  package=$(guest_kernel_package) || return
  key=nfs-$package-$({ apt-cache show --no-all-versions "$package" $NFS_PACKAGES | grep '^Version:'
    cat "${BASH_SOURCE[0]}"; } | sha256sum | cut -c1-12)
  into=$TIDEMARK_CACHE/guest/$key
  if [[ ! -d $into ]]; then
    mkdir -p "$TIDEMARK_CACHE/guest"
    work=$(mktemp -d "$TIDEMARK_CACHE/guest/new.XXXXXX")
    mkdir -p "$work/kernel" "$work/nfs/debs" "$work/root/bin" "$work/root/etc"
    release=$(guest_unpack_kernel "$work/kernel" "$package") || { rm -rf "$work"; return 1; }
    guest_copy_modules "$work/kernel" "$work/root" "$release" $NFS_MODULES
    (cd "$work/nfs/debs" && apt-get -q -o APT::Sandbox::User=root download $NFS_PACKAGES >log 2>&1) \
      || { guest_fail "can't download nfs-utils: $(tail -n 1 "$work/nfs/debs/log")"; rm -rf "$work"; return 1; }
    for package in "$work"/nfs/debs/*.deb; do dpkg-deb -x "$package" "$work/nfs"; done
    cp "$(command -v busybox)" "$work/root/bin/busybox"
    cp "$work/nfs/etc/netconfig" /etc/protocols /etc/services "$work/root/etc/" 2>/dev/null || true
    for tool in $NFS_TOOLS; do
      LD_LIBRARY_PATH=$work/nfs/usr/lib/x86_64-linux-gnu:$work/nfs/lib/x86_64-linux-gnu \
        guest_copy_program "$work/root" "$(find "$work/nfs" -name "$tool" -type f | head -n 1)"
    done
    # The libraries that were unpacked have been copied under the paths they were unpacked at.
    if [[ -d $work/root$work/nfs ]]; then cp -a "$work/root$work/nfs/." "$work/root/" && rm -rf "${work:?}/root$work"; fi
    rm -rf "$into"
    mv "$work/root" "$into"
    rm -rf "$work"
  fi
  echo "$into"
}

nfs_root
