# nginx in front, wholly inside STATE_DIR, with the snippets that an operator installs. Sourced by tools/stack.

NGINX_DIR=$STATE_DIR/nginx
NGINX_LOG=$STATE_DIR/log/nginx.log

free_port() {
  perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1")->sockport'
}

port_in_use() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# The port to listen on: as asked; of the nginx that runs, when nothing is asked; else 8080.
choose_port() {
  local now=
  running "$STATE_DIR/run/nginx.pid" >/dev/null && now=$(cat "$STATE_DIR/port" 2>/dev/null || true)
  case ${PORT:-} in
    '') PORT=${now:-8080} ;;
    0) PORT=${now:-$(free_port)} ;;
    *[!0-9]*) fail "PORT=$PORT is not a port number" ;;
  esac
  [ "$PORT" -le 65535 ] || fail "PORT=$PORT is not a port number"
  if [ "$PORT" != "$now" ] && port_in_use "$PORT"; then
    fail "Port $PORT on 127.0.0.1 is in use. Another one: PORT=8081, or PORT=0 for any that is free."
  fi
}

nginx_configuration() {
  local user=
  # As root its processes would become `nobody`, who cannot enter STATE_DIR.
  [ "$(id -u)" != 0 ] || user='user root;'
  cat <<NGINX
# Written by tools/stack at each start.
$user
daemon off;
worker_processes 2;
worker_rlimit_nofile 16384;
pid "$NGINX_DIR/pid";
error_log "$NGINX_LOG" warn;
events { worker_connections 4096; }
http {
  access_log off;  # the workers log each request
  server_tokens off;
  default_type application/octet-stream;
  client_body_temp_path "$NGINX_DIR/tmp/body";
  fastcgi_temp_path "$NGINX_DIR/tmp/fastcgi";
  proxy_temp_path "$NGINX_DIR/tmp/proxy";
  scgi_temp_path "$NGINX_DIR/tmp/scgi";
  uwsgi_temp_path "$NGINX_DIR/tmp/uwsgi";
  include snippets/jwtauthd-upstream.conf;
  server {
    listen 127.0.0.1:$PORT backlog=4096${REUSEPORT:+ reuseport};
    server_name localhost;
    include snippets/jwtauthd-locations.conf;
    include snippets/jwtauthd-errors.conf;
    # Nothing else lives on this server: unknown paths are answered by the workers, too.
    location / { include snippets/jwtauthd-fastcgi.conf; }
    include site/server*.conf;
  }
  include site/http*.conf;
}
NGINX
}

# The limits per address would stop tests and benchmarks, which come from one address. nginx does not count a
# request whose key is empty; a high rate alone would still refuse what comes within one tick of its clock.
open_limits() {
  sed 's|^limit_req_zone [^ ]*|limit_req_zone ""|' "$SOURCE/nginx/jwtauthd-limits.conf"
}

# What SITE has, and snippets whose paths are those of a real host.
site_files() {
  local file
  rm -rf "$NGINX_DIR/site"
  mkdir -p "$NGINX_DIR/site"
  [ -z "${SITE:-}" ] || for file in "$SITE"/*.conf; do
    sed "s|@PORT@|$PORT|g" "$file" >"$NGINX_DIR/site/${file##*/}"
  done
  sed "s|/run/|$NGINX_DIR/tmp/|" "$SOURCE/nginx/auth-gateway-http.conf" \
    >"$NGINX_DIR/snippets/auth-gateway-http.conf"
}
configuration_now() { find "$NGINX_DIR/nginx.conf" "$NGINX_DIR"/{snippets,site}/ -name '*.conf' -exec cat {} + | sha256sum; }

nginx_start() {
  local snippet before='' pid
  mkdir -p "$NGINX_DIR/snippets" "$NGINX_DIR/site" "$NGINX_DIR/tmp"
  [ ! -e "$NGINX_DIR/nginx.conf" ] || before=$(configuration_now)
  for snippet in "$SOURCE"/nginx/{jwtauthd,auth-gateway}*.conf; do
    case ${snippet##*/} in *-limits.conf | *-workers.conf | auth-gateway-http.conf) continue ;; esac
    ln -sfn "$snippet" "$NGINX_DIR/snippets/${snippet##*/}"
  done
  site_files
  if [ -n "${LIMITS:-}" ]; then cat "$LIMITS"; else open_limits; fi >"$NGINX_DIR/snippets/jwtauthd-limits.conf"
  sed "s|unix:[^ ;]*|unix:$WORKERS_SOCKET|" "$SOURCE/nginx/jwtauthd-workers.conf" >"$NGINX_DIR/snippets/jwtauthd-workers.conf"
  nginx_configuration >"$NGINX_DIR/nginx.conf"
  if pid=$(running "$STATE_DIR/run/nginx.pid"); then
    [ "$before" = "$(configuration_now)" ] || kill -HUP "$pid"
  else
    say "--- start $(date -u +%FT%TZ)" >>"$NGINX_LOG"
    launch "$STATE_DIR/run/nginx.pid" "$NGINX_LOG" \
      nginx -p "$NGINX_DIR" -e "$NGINX_LOG" -c "$NGINX_DIR/nginx.conf"
  fi
  say "$PORT" >"$STATE_DIR/port"
}

# QUIT lets requests under way end.
nginx_stop() { terminate "$STATE_DIR/run/nginx.pid" QUIT 10; }

wait_until_ready() {
  local began=$SECONDS said= answer=
  while ((SECONDS - began < 60)); do # as long as the parts live: a machine may be busy
    answer=$(curl -s -m 2 -w '\n%{http_code}' "http://127.0.0.1:$PORT/readyz" 9>&-) || true
    [ "${answer##*$'\n'}" != 200 ] || return 0
    running "$STATE_DIR/run/workers.pid" >/dev/null || fail "The workers stopped." "$WORKERS_LOG"
    running "$STATE_DIR/run/nginx.pid" >/dev/null || fail "nginx did not start." "$NGINX_LOG"
    if [ -z "$said" ] && ((SECONDS - began >= 2)); then
      said=1
      say "Waiting until the service is ready (its log: $WORKERS_LOG)"
    fi
    sleep 0.05
  done
  say "/readyz says: $answer" >&2
  fail "The service did not become ready." "$WORKERS_LOG"
}
