# The package on a machine of its own, by docs/operations.md from its first command to its last. Sourced by
# tests/package/run.

# ---- the machine -----------------------------------------------------------------------------------
# What stands before **Install**: systemd, MariaDB, nginx; and, downloaded, what the package depends on, since
# the machine has no network.
prepare_machine_root() {
  mkdir "$work/root" "$work/shared" && tar -C "$work/root" -xf "$work/base.tar.gz" &&
    cp "$package" "$work/root/root/" &&
    in_root "$work/root" sh -euc 'apt-get -q update
      apt-get -q -y install --no-install-recommends systemd-sysv libnss-systemd dbus mariadb-server nginx-light curl wrk
      apt-get -q -y install --download-only /root/jwtauthd_*.deb
      rm /root/jwtauthd_*.deb'
}
# The same programs under a higher version: what an upgrade does is for dpkg and the scripts to do.
higher_version() {
  local tree=$work/higher
  dpkg-deb -R "$package" "$tree" && sed -i 's/^Version: .*/&+upgrade/' "$tree/DEBIAN/control" &&
    mkdir -p "$work/shared/new" "$work/shared/old" &&
    dpkg-deb --root-owner-group -Zgzip -b "$tree" "$work/shared/new" && cp "$package" "$work/shared/old/"
}
boot() {
  "$here/machine" up "$machine" "$work/root" "$work/shared" &&
    inside 'for try in $(seq 100); do mariadb -e "SELECT 1" && exit; sleep 0.1; done; exit 1'
}
# inside COMMANDS: by bash, as root; sudo is nobody's there.
inside() {
  "$here/machine" sh "$machine" bash -euc "
    sudo() { if [ \"\$1\" = -u ]; then runuser -u \"\$2\" -- \"\${@:3}\"; else \"\$@\"; fi; }
    export DEBIAN_FRONTEND=noninteractive
    $1"
}
# guide NAME [BEFORE]: the guide's commands of this name, behind some of ours.
guided=
guide() {
  local commands
  guided+=" $1 "
  commands=$(guide_block "$guide" package "$1")
  [ -n "$commands" ] || { echo "The guide has no block $1"; return 1; }
  inside "${2:-}
$commands"
}

# ---- what is looked at -----------------------------------------------------------------------------
workers() { inside 'systemctl show -P MainPID jwtauthd@1 jwtauthd@2 | tr -s "\n" " "'; }
url=http://localhost
log_in() {
  inside "curl -fsS $url/api/login/ -d username=ann -d password=rope-lantern-42" | sed 's/.*"access":"\([^"]*\)".*/\1/'
}
sees_dashboard() { inside "curl -fsS $url/api/dashboard/ -H 'Authorization: Bearer $1'" | grep -q '"username":"ann"'; }
logs_in() { sees_dashboard "$(log_in)"; }
# Everything that a package could leave; databases, logs and caches are others'.
files() {
  inside 'find /etc /usr /opt /srv /var/lib /var/spool /lib/systemd -xdev \( -path /var/lib/mysql -o -path /var/lib/dpkg -o -path /var/lib/apt \
    -o -path /var/lib/systemd/random-seed -o -path /var/lib/systemd/timers -o -name "*.cache" -o -name "*~" -o -name "*-" \) -prune -o -print | sort'
}

# nginx answers a reload before it has taken it.
taken="for try in \$(seq 200); do curl -fs $url/readyz >/dev/null && break; sleep 0.02; done"
installs() {
  inside 'cat /proc/uptime' >"$work/began" &&
    guide install 'cd /mnt/old' && guide setup && guide nginx && guide first-login "$taken" && inside 'cat /proc/uptime' >"$work/ended"
}
seconds() { paste "$work/began" "$work/ended" | awk '{ printf "%.1f s from the package to the first login\n", $3 - $1 }'; }
setup_has_nothing_to_do() {
  local said
  said=$(inside 'jwtauthctl setup') && ! grep -E '^(done|failed|would)' <<<"$said"
}
# root's alone: whoever owned it could put a link in the place of what systemd makes in it.
owns_run() { [ "$(inside 'stat -c "%U %G %a" /run/jwtauthd')" = 'root root 755' ]; }
minimal_rights() {
  local said
  said=$(inside "mariadb -N -e 'SHOW GRANTS FOR jwtauthd@localhost'")
  echo "$said"
  [[ $said == *'unix_socket'* && $said != *'ALL PRIVILEGES'* && $said != *DROP* && $said != *'PASSWORD'* ]]
}

# upgrade_under_load NAME: the guide's block NAME, while 16 connections ask for the dashboard.
upgrade_under_load() {
  local before after said token
  token=$(log_in) && before=$(workers) || return 1
  # By number: the machine has no list of services to find http in.
  inside "wrk -t1 -c16 -d600s -H 'Authorization: Bearer $token' http://127.0.0.1:80/api/dashboard/ >/tmp/load 2>&1 & echo \$! >/tmp/load.pid" && sleep 1 &&
    guide "$1" "cd /mnt/$2" && inside 'sleep 1; kill -INT $(cat /tmp/load.pid); while [ -d /proc/$(cat /tmp/load.pid) ]; do sleep 0.1; done' || return 1
  said=$(inside 'cat /tmp/load') && after=$(workers) || return 1
  echo "$said; workers before: $before after: $after"
  load=$(sed -n 's/^ *\([0-9]*\) requests in .*/\1/p' <<<"$said")
  [ "${load:-0}" -gt 0 ] && ! grep -qE 'Non-2xx|Socket errors' <<<"$said" &&
    [ -z "$(tr ' ' '\n' <<<"$before" | grep -Fx -f <(tr ' ' '\n' <<<"$after") | grep .)" ]
}
# A new version that does not start takes one worker with it, not the service.
upgrade_that_fails() {
  local before
  before=$(workers) &&
    inside 'echo "nonsense = 1" >>/etc/jwtauthd/jwtauthd.toml; cd /mnt/new; apt-get install -y ./jwtauthd_*.deb 2>&1 | tee /tmp/said
      grep "were not" /tmp/said; sed -i "\$d" /etc/jwtauthd/jwtauthd.toml' &&
    logs_in && [ "$(cut -d ' ' -f 2 <<<"$before")" = "$(workers | cut -d ' ' -f 2)" ] &&
    inside 'systemctl restart jwtauthd@1 jwtauthd@2'
}
rolls_back_over_a_migration() {
  inside "mariadb jwtauthd -e \"INSERT INTO jwtauthd_migrations VALUES (9999, '9999_future', REPEAT('0', 64), NOW(6), NOW(6))\"" &&
    ! inside 'sudo -u jwtauthd jwtauthctl migrate --status' && guide forget-migrations && inside 'sudo -u jwtauthd jwtauthctl migrate --status'
}
restores() {
  guide back-up && inside "mariadb jwtauthd -e 'DELETE FROM jwtauthd_session; UPDATE auth_user SET username = \"gone\"'; rm -r /etc/jwtauthd/*" &&
    guide restore && logs_in
}
audited() { inside "sudo -u jwtauthd jwtauthctl audit search --event $1" | grep "$1"; }
keys_move_and_rotate() {
  local token kid
  token=$(log_in) && guide keys-directory && sees_dashboard "$token" && guide keys-rotate && sees_dashboard "$token" &&
    audited key_imported && audited key_rotated &&
    kid=$(inside "jwtauthctl keys list --json" | tr -d ' \n' | sed 's/.*"kid":"\([^"]*\)"[^}]*"state":"active".*/\1/') &&
    guide keys-retire "KID='$kid'" && sleep 1.5 && ! sees_dashboard "$token" && logs_in
}
moves() { guide move-database && logs_in && [ "$(inside "mariadb -N -e 'SELECT COUNT(*) FROM accounts.auth_user'")" = 1 ]; }
third_worker() { guide third-worker && inside 'systemctl is-active jwtauthd@3' && guide apply-configuration && logs_in && guide restart && logs_in; }
# Also where a purge of the database runs for long.
removed() {
  inside 'mkdir -p /run/systemd/system/jwtauthd-purge.service.d
      printf "[Service]\nExecStart=\nExecStart=/bin/sleep 600\n" >/run/systemd/system/jwtauthd-purge.service.d/slow.conf
      systemctl daemon-reload; systemctl start --no-block jwtauthd-purge; sleep 0.5; pgrep -u jwtauthd -x sleep' &&
    guide remove && ! inside 'pgrep -u jwtauthd' && inside 'rm -r /run/systemd/system/jwtauthd-purge.service.d; systemctl daemon-reload
      test -e /etc/jwtauthd/signing-key.pem'
}
back_again() { inside 'cd /mnt/old && apt-get install -y ./jwtauthd_*.deb' && inside 'systemctl is-active jwtauthd@1 jwtauthd@2 jwtauthd@3' && logs_in; }
purged() {
  inside 'echo secret >/etc/credstore/jwtauthd.database.password' && guide purge && ! inside 'pgrep -x jwtauthd' && ! inside 'getent passwd jwtauthd || getent group jwtauthd' &&
    [ -z "$(inside 'systemctl list-unit-files --no-legend "jwtauthd*"; systemctl list-units --all --no-legend "jwtauthd*"')" ] &&
    inside 'apt-get autoremove --purge -y' && files >"$work/after" && diff "$work/before" "$work/after" && inside 'mariadb -e "SELECT COUNT(*) FROM accounts.auth_user"'
}
# An administrator who forbids starts (images are built so) has nothing started, and nothing made in his database.
policy_is_kept() {
  guide drop-database && inside 'printf "#!/bin/sh\nexit 101\n" >/usr/sbin/policy-rc.d; chmod +x /usr/sbin/policy-rc.d; trap "rm /usr/sbin/policy-rc.d" EXIT
      cd /mnt/old; apt-get install -y ./jwtauthd_*.deb 2>&1 | tee /tmp/said; grep "jwtauthctl setup" /tmp/said
      if systemctl is-active jwtauthd.target jwtauthd.socket || pgrep -x jwtauthd || [ -e /etc/jwtauthd/signing-key.pem ]; then exit 1; fi
      [ -z "$(mariadb -N -e "SELECT user FROM mysql.user WHERE user = \"jwtauthd\"")" ]
      apt-get purge -y jwtauthd'
}
installed_anew() { guide drop-database && inside 'cd /mnt/old && apt-get install -y ./jwtauthd_*.deb' && guide nginx && guide first-login "$taken"; }
# No command of the guide that is not run.
guide_is_whole() {
  local name
  for name in $(sed -n 's/^ *<!-- package: \(.*\) -->$/\1/p' "$guide"); do
    [[ $guided == *" $name "* ]] || { echo "The guide's block $name is not run"; return 1; }
  done
  awk '/<!-- package: / { marked = 1; next } /^    / && !/^ *- / { if (!marked) { print "not marked: " $0; bad = 1 } next } NF { marked = 0 } END { exit bad }' "$guide"
}

needed "a minimal Debian root is made" minimal_root
needed "with systemd, MariaDB and nginx on it" prepare_machine_root
needed "a package of a higher version" higher_version
needed "it boots" boot
inside 'mkdir -p /etc/credstore' && files >"$work/before"
needed "Install: package, setup, nginx, first login" installs
seconds
step "jwtauthctl setup finds everything done" setup_has_nothing_to_do
step "the directory of the socket is root's" owns_run
step "the database user is known by the socket and has rights on one database" minimal_rights
step "Upgrade: all workers are new, no request fails" upgrade_under_load upgrade new
echo "        (${load:-0} requests)"
step "Roll back: all workers are new, no request fails" upgrade_under_load roll-back old
echo "        (${load:-0} requests)"
step "an upgrade that does not get ready leaves the other worker" upgrade_that_fails
step "Roll back over a migration" rolls_back_over_a_migration
step "Back up and restore" restores
step "Rotate keys: a directory, a rotation, a stolen key" keys_move_and_rotate
step "Move the database" moves
step "Tune: a third worker, a configuration that is taken" third_worker
step "Remove: nothing runs, the configuration stays" removed
step "installed again: it runs as it did" back_again
step "Purge: nothing is left but the database" purged
step "a policy that forbids starts is kept" policy_is_kept
step "Installed anew on the clean host" installed_anew
step "every command of the guide was run" guide_is_whole
"$here/machine" down "$machine"
