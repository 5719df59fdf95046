# SPDX-License-Identifier: Apache-2.0
# Debian 13 packages on a Debian 12 machine, unpacked aside and never installed.
#
# debian13_unpack DIR PACKAGE...   unpacks the packages (without dependencies) into DIR
# debian13_closure DIR PACKAGE...  the same with everything they depend on
#
# apt works on a state directory of its own, and takes the mirror, the proxy and the keys that the machine is set up with.

debian13_native() {
  [[ "$(. /etc/os-release && echo "${VERSION_CODENAME:-}")" == trixie ]]
}

# The mirror that the machine gets its own Debian release from.
debian13_mirror() {
  local release
  release=$(. /etc/os-release && echo "${VERSION_CODENAME:-bookworm}")
  apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' \
    | awk -v release="$release" '$2 == release && $3 == "main" { print $1; exit }'
}

debian13_apt() {
  local state=$TIDEMARK_CACHE/debian13
  local -a options=(
    -o "Dir::State=$state/state" -o "Dir::State::status=$state/status" -o "Dir::Cache=$state/cache"
    -o "Dir::Etc::SourceList=$state/sources.list" -o Dir::Etc::SourceParts=/dev/null -o Dir::Etc::PreferencesParts=/dev/null
    -o APT::Install-Recommends=false -o APT::Sandbox::User=root -o APT::Default-Release=trixie
  )
  "$@" "${options[@]}"
}

# Fetches the list of packages, at most once a day.
debian13_update() {
  local state=$TIDEMARK_CACHE/debian13 mirror keys=/usr/share/keyrings/debian-archive-keyring.gpg
  mkdir -p "$state"/{state/lists/partial,cache/archives/partial}
  : >>"$state/status"
  [[ -n "$(find "$state/updated" -mtime -1 2>/dev/null)" ]] && return
  mirror=$(debian13_mirror)
  [[ -n "$mirror" ]] || { echo "debian13: apt knows no Debian mirror: add one to /etc/apt/sources.list" >&2; return 1; }
  echo "deb [signed-by=$keys] $mirror trixie main" >"$state/sources.list"
  debian13_apt apt-get -q update >"$state/update.log" 2>&1 \
    || { echo "debian13: apt-get update failed, see $state/update.log" >&2; return 1; }
  touch "$state/updated"
}

debian13_unpack() {
  local into=$1 deb
  shift
  debian13_update || return
  local debs
  debs=$(mktemp -d "$TIDEMARK_CACHE/debs.XXXXXX")
  (cd "$debs" && debian13_apt apt-get -q download "$@" >log 2>&1) \
    || { echo "debian13: can't download $*, see $debs/log" >&2; return 1; }
  mkdir -p "$into"
  for deb in "$debs"/*.deb; do dpkg-deb -x "$deb" "$into"; done
  rm -rf "$debs"
}

debian13_closure() {
  local into=$1 deb archives=$TIDEMARK_CACHE/debian13/cache/archives
  shift
  debian13_update || return
  rm -f "$archives"/*.deb
  debian13_apt apt-get -q -y --download-only install "$@" >"$TIDEMARK_CACHE/debian13/closure.log" 2>&1 \
    || { echo "debian13: can't download $*, see $TIDEMARK_CACHE/debian13/closure.log" >&2; return 1; }
  mkdir -p "$into/usr/bin" "$into/usr/lib" "$into/usr/lib64" "$into/usr/sbin"
  ln -sfn usr/bin "$into/bin"
  ln -sfn usr/lib "$into/lib"
  ln -sfn usr/lib64 "$into/lib64"
  ln -sfn usr/sbin "$into/sbin"
  for deb in "$archives"/*.deb; do dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$into" --keep-directory-symlink --no-same-owner || return; done
  rm -f "$archives"/*.deb
}
