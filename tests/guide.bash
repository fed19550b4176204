# Tests that do what a guide says: its commands, and steps that are counted. Sourced, with $state for a log.

# guide_block FILE WORD NAME: the indented block behind the line `<!-- WORD: NAME -->`, without its indentation,
# which is deeper in a list.
guide_block() {
  awk -v mark="<!-- $2: $3 -->" '
    { line = $0; sub(/^ */, "", line) }
    line == mark { inside = 1; indent = length($0) - length(line) + 4; next }
    inside && $0 == "" { if (seen) print; next }
    inside && match($0, /^ */) && RLENGTH >= indent { print substr($0, indent + 1); seen = 1; next }
    inside && seen { exit }' "$1"
}

tests=0 failed=0
# step TEXT COMMAND…: without errexit inside, as in every condition; a command's last status decides.
step() {
  local text=$1
  shift
  tests=$((tests + 1))
  if "$@" >"$state/step.log" 2>&1; then echo "ok      $text"; return; fi
  failed=$((failed + 1))
  echo "FAILED  $text"
  tail -n 40 "$state/step.log" | sed 's/^/        /'
}
total() { echo "$tests tests, $failed failed"; [ "$failed" = 0 ]; }
# For what nothing can go on without.
needed() {
  local before=$failed
  step "$@"
  [ "$failed" = "$before" ] || { total; exit 1; }
}
