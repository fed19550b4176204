# Processes by record: NAME.pid holds pid, start time in ticks since boot, and the boot's id, so that a
# pid that was given to somebody else is never taken for ours. Sourced by tools/stack.

# The start time of pid $1 unless it is gone or a zombie (nobody reaps in a container without an init).
started_at() {
  local stat
  { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
  # The command name in parentheses may hold spaces: fields count from behind it. 1 is the state, 20 the start.
  read -ra stat <<<"${stat##*) }"
  [ "${stat[0]}" != Z ] && [ "${stat[0]}" != X ] && echo "${stat[19]}"
}

# Writes this very process (the one that expands $$) to file $1.
record() {
  echo "$$ $(started_at $$) $(</proc/sys/kernel/random/boot_id)" >"$1.new" && mv "$1.new" "$1"
}

# Prints the pid recorded in file $1 if that very process lives.
running() {
  local pid start boot
  { read -r pid start boot <"$1"; } 2>/dev/null || return 1
  [ "$boot" = "$(</proc/sys/kernel/random/boot_id)" ] && [ "$(started_at "$pid")" = "$start" ] && echo "$pid"
}

# The living processes of the session that the process of file $1 led, itself included: what it left behind
# when it was killed. A session's number is not given out again while it has members.
session_of() {
  local pid start boot now member
  { read -r pid start boot <"$1"; } 2>/dev/null || return 0
  [ "$boot" = "$(</proc/sys/kernel/random/boot_id)" ] || return 0
  now=$(started_at "$pid") || now=$start # gone, or a zombie: the number is still its own
  [ "$now" = "$start" ] || return 0
  for member in $(ps -o pid= --sid "$pid"); do
    if started_at "$member" >/dev/null; then echo "$member"; fi
  done
}

# launch PIDFILE LOG COMMAND…: in a session of its own (a Ctrl-C in the terminal does not reach it), output
# appended to LOG, without our lock.
launch() {
  local pidfile=$1 log=$2 tries
  shift 2
  terminate "$pidfile" TERM 10 || true # of one that died, the rest
  # shellcheck disable=SC2016
  setsid --fork bash -c "$(declare -f started_at record)"'; record "$0" && exec "$@"' \
    "$pidfile" "$@" </dev/null >>"$log" 2>&1 9>&-
  for ((tries = 0; tries < 500; tries++)); do
    [ -e "$pidfile" ] && return
    sleep 0.01
  done
  fail "$1 did not start." "$log"
}

# terminate PIDFILE SIGNAL SECONDS: signals the process, or what is left of its session, waits, kills what does
# not stop; the file goes. False: nothing was running.
terminate() {
  local members tries
  members=$(running "$1" || session_of "$1")
  if [ -z "$members" ]; then rm -f "$1"; return 1; fi
  # shellcheck disable=SC2086
  kill "-$2" $members 2>/dev/null || true
  for ((tries = $3 * 50; tries > 0; tries--)); do
    [ -n "$(session_of "$1")" ] || break
    sleep 0.02
  done
  members=$(session_of "$1")
  if [ -n "$members" ]; then
    say "$(basename "$1" .pid) did not stop within $3 s and is killed (pid" $members")"
    # shellcheck disable=SC2086
    kill -KILL $members 2>/dev/null || true
    while [ -n "$(session_of "$1")" ]; do sleep 0.02; done
  fi
  rm -f "$1"
}

say() { printf '%s\n' "$*"; }
# fail MESSAGE [LOG]: the last lines of LOG, and its name.
fail() {
  say "$1" >&2
  if [ -n "${2:-}" ]; then
    say "The last lines of $2:" >&2
    tail -n 20 "$2" 2>/dev/null | sed 's/^/  /' >&2 || true
  fi
  exit 1
}
