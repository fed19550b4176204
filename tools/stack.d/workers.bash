# Configuration, signing key, schema and workers. Sourced by tools/stack.

WORKERS_SOCKET=$STATE_DIR/run/fcgi
WORKERS_LOG=$STATE_DIR/log/workers.log

write_configuration() {
  cat >"$STATE_DIR/jwtauthd.toml.new" <<TOML
# Written by tools/stack at each start. For settings of your own, copy it, edit the copy and say
# make run CONF=the-copy. All keys, with their meaning: conf/jwtauthd.toml
[server]
listen = "$WORKERS_SOCKET"  # the workers inherit it open, as from systemd

[database]
socket = "$STATE_DIR/db/sock"
name = "$DATABASE_NAME"
user = "$DATABASE_USER"

[tokens]
algorithm = "ES256"
signing_key_file = "$STATE_DIR/keys/signing-key.pem"

[metrics]
scoreboard = "$STATE_DIR/run/scoreboard"

[passwords]
common_passwords_file = "$SOURCE/conf/common-passwords.txt"
TOML
  mv "$STATE_DIR/jwtauthd.toml.new" "$STATE_DIR/jwtauthd.toml"
}

# A CONF of a few lines is enough: what it does not speak of comes from the stack, by way of the environment.
complete_configuration() {
  [ -n "${CONF:-}" ] || return 0
  speaks_of() { grep -Eq "^[[:space:]]*$1" "$CONF"; }
  if ! speaks_of '\[database\]'; then
    export JWTAUTHD_DATABASE_SOCKET=${JWTAUTHD_DATABASE_SOCKET-$STATE_DIR/db/sock}
    export JWTAUTHD_DATABASE_NAME=${JWTAUTHD_DATABASE_NAME-$DATABASE_NAME}
    export JWTAUTHD_DATABASE_USER=${JWTAUTHD_DATABASE_USER-$DATABASE_USER}
  fi
  if ! speaks_of signing_key && ! speaks_of 'algorithm[[:space:]]*='; then
    export JWTAUTHD_TOKENS_SIGNING_KEY_FILE=${JWTAUTHD_TOKENS_SIGNING_KEY_FILE-$STATE_DIR/keys/signing-key.pem}
  fi
  speaks_of scoreboard || export JWTAUTHD_METRICS_SCOREBOARD=${JWTAUTHD_METRICS_SCOREBOARD-$STATE_DIR/run/scoreboard}
  speaks_of common_passwords_file ||
    export JWTAUTHD_PASSWORDS_COMMON_PASSWORDS_FILE=${JWTAUTHD_PASSWORDS_COMMON_PASSWORDS_FILE-$SOURCE/conf/common-passwords.txt}
}

# Once: tokens stay valid over a restart.
make_signing_key() {
  local key=$STATE_DIR/keys/signing-key.pem directory=${JWTAUTHD_KEYS_DIRECTORY:-}
  if [ -n "$directory" ]; then
    export JWTAUTHD_TOKENS_SIGNING_KEY_FILE=
    [ ! -e "$directory/keys.json" ] || return 0
    (umask 077 && mkdir -p "$directory" && "$BUILD/jwtauthctl" -c "$CONFIGURATION" keys generate) \
      >"$STATE_DIR/log/key.log" 2>&1 9>&- || fail "The first key could not be made." "$STATE_DIR/log/key.log"
    return 0
  fi
  [ ! -s "$key" ] || return 0
  (umask 077 && mkdir -p "$STATE_DIR/keys" &&
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$key.new" 2>"$STATE_DIR/log/key.log" &&
    mv "$key.new" "$key") || fail "The signing key could not be made." "$STATE_DIR/log/key.log"
}

migrate() {
  "$BUILD/jwtauthctl" -c "$CONFIGURATION" migrate </dev/null >"$STATE_DIR/log/migrate.log" 2>&1 9>&- ||
    fail "jwtauthctl migrate failed." "$STATE_DIR/log/migrate.log"
}

# What the workers run with: when it changed, a start restarts them.
workers_fingerprint() {
  { stat -c '%i %s %Y' "$BUILD/jwtauthd"; cat "$CONFIGURATION"; echo "$WORKERS"; env | sed -n '/^JWTAUTHD_/p' | sort; } | sha256sum
}

workers_start() {
  local now
  require_short_path "$WORKERS_SOCKET"
  now=$(workers_fingerprint)
  if running "$STATE_DIR/run/workers.pid" >/dev/null; then
    [ "$now" != "$(cat "$STATE_DIR/run/workers.fingerprint" 2>/dev/null)" ] || return 0
    say "Restarting the workers: program or configuration changed"
    workers_stop || true
  fi
  "$BUILD/jwtauthctl" -c "$CONFIGURATION" config check </dev/null >"$STATE_DIR/log/config.log" 2>&1 9>&- ||
    fail "The configuration $CONFIGURATION is refused." "$STATE_DIR/log/config.log"
  say "--- start $(date -u +%FT%TZ)" >>"$WORKERS_LOG"
  launch "$STATE_DIR/run/workers.pid" "$WORKERS_LOG" "$BUILD/tools/socket_workers" \
    "$WORKERS_SOCKET" 0600 "$WORKERS" "$STATE_DIR/run/worker-pids" -- "$BUILD/jwtauthd" -c "$CONFIGURATION"
  say "$now" >"$STATE_DIR/run/workers.fingerprint"
}

# A little longer than server.shutdown_grace, which lets requests under way end.
workers_stop() { terminate "$STATE_DIR/run/workers.pid" TERM 35; }
