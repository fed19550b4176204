# A private MariaDB in a directory: data, socket (DIR/sock), log (DIR/mariadb.log) and configuration; no TCP.
# Sourced by tools/stack.

DATABASE_NAME=jwtauthd
DATABASE_USER=jwtauthd

database_sql() { # DIR [client options…]; the statements on standard input
  local dir=$1
  shift
  mariadb --no-defaults --socket="$dir/sock" --user=root --batch --skip-column-names "$@" 9>&-
}

database_configuration() { # DIR durable|fast
  local durability
  if [ "$2" = fast ]; then # for tests of behaviour: a crash of the machine may lose what was committed
    durability='innodb-flush-log-at-trx-commit=0
innodb-flush-method=nosync
innodb-doublewrite=0
innodb-buffer-pool-size=16M
innodb-log-file-size=8M'
  else
    durability='innodb-flush-log-at-trx-commit=1
innodb-buffer-pool-size=128M
innodb-log-file-size=48M'
  fi
  cat <<CNF
# Written by tools/stack at each start.
[mariadbd]
datadir=$1/data
socket=$1/sock
pid-file=$1/mariadbd.pid
log-error=$1/mariadb.log
tmpdir=$1/tmp
skip-networking
skip-name-resolve
skip-log-bin
performance-schema=OFF
max-connections=300
table-open-cache=400
character-set-server=utf8mb4
default-time-zone=+00:00
$durability
CNF
}

database_start() { # DIR durable|fast
  local dir=$1 as=() tries
  if running "$dir/db.pid" >/dev/null && database_sql "$dir" -e 'SELECT 1' >/dev/null 2>&1; then return; fi
  require_short_path "$dir/sock"
  command -v mariadbd >/dev/null || fail "mariadbd is not installed: tools/deps run"
  mkdir -p "$dir/tmp"
  chmod 700 "$dir" # whoever can open the socket is root in this database
  database_configuration "$dir" "$2" >"$dir/my.cnf"
  # As root, mariadbd wants to be told that root is meant; another user could not reach STATE_DIR.
  [ "$(id -u)" != 0 ] || as=(--user=root)
  if [ ! -e "$dir/data/mysql/.complete" ]; then
    say "Creating a private database in $dir"
    rm -rf "$dir/data" "$dir/sock"
    mariadb-install-db --defaults-file="$dir/my.cnf" --auth-root-authentication-method=normal \
      --skip-test-db --skip-name-resolve "${as[@]}" >"$dir/install.log" 2>&1 9>&- ||
      fail "The database could not be created." "$dir/install.log"
    touch "$dir/data/mysql/.complete"
  fi
  rm -f "$dir/sock"
  launch "$dir/db.pid" "$dir/mariadb.log" mariadbd --defaults-file="$dir/my.cnf" "${as[@]}"
  # Recovery after a crash takes its time; as long as the process lives, it is at work.
  for ((tries = 0; ; tries++)); do
    [ -S "$dir/sock" ] && database_sql "$dir" -e 'SELECT 1' >/dev/null 2>&1 && break
    running "$dir/db.pid" >/dev/null || fail "MariaDB did not start." "$dir/mariadb.log"
    [ $tries -ne 100 ] || say "Waiting for MariaDB (its log: $dir/mariadb.log)"
    [ $tries -lt 6000 ] || fail "MariaDB does not answer." "$dir/mariadb.log"
    sleep 0.02
  done
  # In a directory of mode 0700 a user without a password is nobody else's; the pattern covers the tests' databases.
  database_sql "$dir" <<SQL || fail "The database user could not be created." "$dir/mariadb.log"
CREATE DATABASE IF NOT EXISTS $DATABASE_NAME CHARACTER SET utf8mb4;
CREATE USER IF NOT EXISTS $DATABASE_USER@localhost;
GRANT ALL ON \`$DATABASE_NAME%\`.* TO $DATABASE_USER@localhost;
SQL
}

database_stop() { # DIR
  terminate "$1/db.pid" TERM 60
}
