# Minimal Debian systems for tests/package/run, from this machine's own sources. Sourced, with $work.

codename() { (. /etc/os-release && echo "$VERSION_CODENAME"); }
# Sources of this release of Debian; others want keys that a minimal root has not.
debian_sources() {
  grep -lE "^(Suites:|deb ).*[[:space:]]$(codename)([[:space:]]|-|\$)" /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources} 2>/dev/null
}
# apt's options of this machine, such as a proxy, for a root of its own.
apt_options() { apt-config dump | grep -E '^Acquire::(http|https|Check|Retries|ForceIPv)' || true; }

# $work/base.tar.gz, once.
minimal_root() {
  local sources
  [ ! -e "$work/base.tar.gz" ] || return 0
  apt_options >"$work/apt.conf"
  mapfile -t sources < <(debian_sources)
  [ ${#sources[@]} -gt 0 ] || { echo "apt has no source for $(codename)"; return 1; }
  mkdir -p "$work/tmp"
  TMPDIR=$work/tmp mmdebstrap --variant=minbase --dpkgopt=force-unsafe-io --aptopt="$work/apt.conf" \
    "$(codename)" "$work/base.tar.gz" "${sources[@]}"
}

# in_root ROOT COMMAND…: in a chroot with its own processes, the network of the host, and no service started.
in_root() {
  # shellcheck disable=SC2016
  unshare --mount --pid --fork --kill-child bash -euc 'root=$1; shift
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    mount --make-rslave "$root/dev"
    cp /etc/resolv.conf "$root/etc/resolv.conf"
    printf "#!/bin/sh\nexit 101\n" >"$root/usr/sbin/policy-rc.d"
    chmod 755 "$root/usr/sbin/policy-rc.d"
    exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"' \
    bash "$@"
}
