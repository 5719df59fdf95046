#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes the small Linux guest of the tests and the demo: Debian's kernel, and an initramfs of busybox, e2fsprogs and sqlite3.
#
# Run or sourced (guest_build), it prints a folder that holds vmlinuz and initrd. Nothing is installed; the result is kept
# in .cache, under the versions of what it is made of.
set -euo pipefail
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/home.sh"

GUEST_MODULES="virtio_pci virtio_blk ext4"
GUEST_TOOLS="mkfs.ext4 e2fsck dumpe2fs resize2fs sqlite3"

guest_fail() { echo "guest: $*" >&2; return 1; }

# The newest kernel package that this machine's Debian offers: the small cloud kernel if there is one.
guest_kernel_package() {
  local meta package
  for meta in linux-image-cloud-amd64 linux-image-amd64; do
    package=$(apt-cache depends --no-recommends --no-suggests "$meta" 2>/dev/null \
      | awk '$1 == "Depends:" && $2 ~ /^linux-image-[0-9]/ { print $2; exit }')
    [[ -z "$package" ]] || { echo "$package"; return; }
  done
  guest_fail "apt knows no linux-image package: run apt-get update"
}

# Unpacks the kernel package into $1 and prints the kernel's release.
guest_unpack_kernel() {
  local into=$1 package=$2 debs=$1/debs
  mkdir -p "$debs"
  (cd "$debs" && apt-get -q -o APT::Sandbox::User=root download "$package" >log 2>&1) \
    || guest_fail "can't download $package: $(tail -n 1 "$debs/log")"
  dpkg-deb -x "$debs"/*.deb "$into"
  if [[ -d $into/usr/lib/modules && ! -d $into/lib/modules ]]; then mkdir -p "$into/lib" && mv "$into/usr/lib/modules" "$into/lib/"; fi
  ls "$into/lib/modules"
}

# Copies the modules that $3… need, unpacked, from tree $1 to tree $2.
guest_copy_modules() {
  local from=$1 to=$2 release=$3 list=$1/wanted module file
  shift 3
  busybox depmod -b "$from" "$release" 2>/dev/null || depmod -b "$from" "$release"
  : >"$to/modules.load"
  for module in "$@"; do
    # Names in modules.dep have - or _; a module that is built in has no line.
    awk -v name="${module//_/[-_]}" -F: '$1 ~ ("/" name "\\.ko(\\.[gxz]z|\\.zst)?$") { print $1; print $2 }' \
      "$from/lib/modules/$release/modules.dep" | tr ' ' '\n' | sed '/^$/d' >"$list"
    [[ -s "$list" ]] || continue
    echo "$module" >>"$to/modules.load"
    while read -r file; do
      mkdir -p "$to/lib/modules/$release/$(dirname "$file")"
      case $file in
        *.xz) busybox unxz -c "$from/lib/modules/$release/$file" >"$to/lib/modules/$release/${file%.xz}" ;;
        *.zst) zstd -qdc "$from/lib/modules/$release/$file" >"$to/lib/modules/$release/${file%.zst}" ;;
        *) cp "$from/lib/modules/$release/$file" "$to/lib/modules/$release/$file" ;;
      esac
    done <"$list"
  done
  busybox depmod -b "$to" "$release" 2>/dev/null || depmod -b "$to" "$release"
}

# Copies a program of this machine, its loader and its libraries into tree $1, under the paths they have here.
guest_copy_program() {
  local to=$1 program=$2 library
  mkdir -p "$to/tools"
  cp -L "$program" "$to/tools/$(basename "$program")"
  for library in $(ldd "$program" 2>/dev/null | grep -o '/[^ ]*'); do
    mkdir -p "$to$(dirname "$library")"
    cp -Ln "$library" "$to$library"
  done
}

guest_build() {
  local here package tool key into work release
  here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
  export PATH=$PATH:/usr/sbin:/sbin
  for tool in busybox $GUEST_TOOLS; do
    command -v "$tool" >/dev/null || guest_fail "$tool is missing: install busybox-static, e2fsprogs and sqlite3" || return
  done
  [[ -z "$(ldd "$(command -v busybox)" 2>/dev/null | grep '=>')" ]] \
    || guest_fail "busybox needs libraries: install busybox-static" || return
  package=$(guest_kernel_package) || return
  key=$package-$({ apt-cache show --no-all-versions "$package" | grep '^Version:'
    cat "$here/guest-init" "$here/guest.sh"
    for tool in busybox $GUEST_TOOLS; do cat "$(command -v "$tool")"; done; } | sha256sum | cut -c1-12)
  into=$TIDEMARK_CACHE/guest/$key
  if [[ ! -f $into/initrd ]]; then
    mkdir -p "$TIDEMARK_CACHE/guest"
    work=$(mktemp -d "$TIDEMARK_CACHE/guest/new.XXXXXX")
    mkdir -p "$work/kernel" "$work/root/bin" "$work/done"
    release=$(guest_unpack_kernel "$work/kernel" "$package") || { rm -rf "$work"; return 1; }
    cp "$work/kernel/boot/vmlinuz-$release" "$work/done/vmlinuz"
    cp "$(command -v busybox)" "$work/root/bin/busybox"
    install -m 755 "$here/guest-init" "$work/root/init"
    guest_copy_modules "$work/kernel" "$work/root" "$release" $GUEST_MODULES
    for tool in $GUEST_TOOLS; do guest_copy_program "$work/root" "$(command -v "$tool")"; done
    (cd "$work/root" && find . | busybox cpio -o -H newc 2>/dev/null | gzip -1) >"$work/done/initrd"
    rm -rf "$into"
    mv "$work/done" "$into"
    rm -rf "$work"
  fi
  echo "$into"
}

if [[ "${BASH_SOURCE[0]}" == "$0" ]]; then guest_build; fi
