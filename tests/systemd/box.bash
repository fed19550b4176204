# A machine of its own for the tests: systemd as process 1 of new namespaces, over a throw-away overlay of this
# machine's root, without a network but loopback. Sourced by tests/systemd/check; root, and Linux's overlayfs.
#
#   box_make DIR        prepares; what is to be in it is put below DIR/upper then, as it would be below /
#   box_boot DIR        boots; returns when systemd has done what it had to
#   box_in DIR COMMAND… runs a command in it
#   box_halt DIR        ends it and takes everything away

# A group of its own in each hierarchy that systemd uses: it would take charge of the host's otherwise.
box_groups() {
  local hierarchy
  for hierarchy in /sys/fs/cgroup/unified /sys/fs/cgroup/systemd /sys/fs/cgroup; do
    [ -w "$hierarchy/cgroup.procs" ] && echo "$hierarchy/jwtauthd-$(basename "$1")"
  done
}

box_make() {
  mkdir -p "$1/tree"
  mount -t tmpfs -o mode=755,size=2g jwtauthd-box "$1/tree" || return
  mkdir "$1/tree/upper" "$1/tree/work" "$1/tree/root"
  ln -sfn tree/upper "$1/upper"
}

box_boot() {
  local dir=$1 group state i
  while read -r group; do mkdir -p "$group"; done < <(box_groups "$dir")
  (
    while read -r group; do echo "$BASHPID" >"$group/cgroup.procs"; done < <(box_groups "$dir")
    echo "$BASHPID" >"$dir/outer.pid"
    exec setsid unshare --mount --uts --ipc --net --cgroup --pid --fork --kill-child \
      bash "$(dirname "${BASH_SOURCE[0]}")/first" "$dir/tree"
  ) </dev/null >"$dir/console" 2>&1 &
  for ((i = 0; i < 600; i++)); do
    sleep 0.05
    [ -s "$dir/outer.pid" ] || continue
    [ -s "$dir/leader.pid" ] || pgrep -P "$(cat "$dir/outer.pid")" 2>/dev/null | head -n 1 >"$dir/leader.pid"
    [ -s "$dir/leader.pid" ] || continue
    state=$(box_in "$dir" systemctl is-system-running 2>/dev/null)
    case $state in running | degraded) return 0 ;; esac
  done
  echo "systemd did not boot (${state:-no answer}):" >&2
  cat "$dir/console" >&2
  return 1
}

box_in() {
  local dir=$1
  shift
  nsenter -t "$(cat "$dir/leader.pid")" -m -u -i -n -p -C \
    env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 SYSTEMD_PAGER= "$@"
}

box_halt() {
  local dir=$1 group i
  [ ! -s "$dir/leader.pid" ] || kill -KILL "$(cat "$dir/leader.pid")" 2>/dev/null # with it goes all that is in the namespace
  [ ! -s "$dir/outer.pid" ] || for ((i = 0; i < 100; i++)); do
    kill -0 "$(cat "$dir/outer.pid")" 2>/dev/null || break
    sleep 0.05
  done
  while read -r group; do
    [ ! -d "$group" ] || find "$group" -depth -type d -exec rmdir {} + 2>/dev/null
  done < <(box_groups "$dir")
  umount -l "$dir/tree" 2>/dev/null
  rm -rf "$dir/leader.pid" "$dir/outer.pid"
}
