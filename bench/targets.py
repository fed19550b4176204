"""What is measured: two stacks of ours, the floors and the Django peer, all of them private to a directory."""
import http.client
import json
import os
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from processes import Service, family, recorded, terminate

HERE = Path(__file__).resolve().parent
USERS = 1000
PASSWORD = "copper-Lantern-84"
# More threads than the connections that two nginx processes keep: an idle one holds a thread.
FLOOR_THREADS, FLOOR_KEEPALIVE = 320, 128
DJANGO_MODULES = "django, rest_framework, rest_framework_simplejwt, MySQLdb, gunicorn"


def built(program, *flags):
    """A program of bench/programs, compiled where a build keeps such things."""
    made = Path(os.environ.get("BUILD") or HERE.parent / "build") / "bench" / program
    source = HERE / f"programs/{program}.c"
    if not made.exists() or made.stat().st_mtime < source.stat().st_mtime:
        made.parent.mkdir(exist_ok=True)
        subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-pthread", "-o", made, source, *flags], check=True)
    return str(made)


def name_of(i):
    return f"bench{i:04d}"


class Target:
    def __init__(self, name, port, nginx, app, stack, cases):
        self.name, self.port, self.nginx, self.app, self.stack, self.cases = name, port, nginx, app, stack, cases
        self.origin = f"http://127.0.0.1:{port}"
        self.socket = str(stack.directory / "run/fcgi")

    def takes(self, case):
        """Of `cases`, each is all connections of a kind, or one of them."""
        return case in self.cases or case.partition("@")[0] in self.cases

    def call(self, method, path, body=None, token=None):
        headers = {"Content-Type": "application/json"} if body else {}
        if token:
            headers["Authorization"] = "Bearer " + token
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request(method, path, body and json.dumps(body), headers)
        answer = connection.getresponse()
        status, text = answer.status, answer.read()
        connection.close()
        return status, text

    def expect(self, wanted, *request, **more):
        for _ in range(20):
            status, text = self.call(*request, **more)
            if status != 503:  # a busy machine's word for later
                break
            time.sleep(0.5)
        if status != wanted:
            raise SystemExit(f"{self.name}: {' '.join(request[:2])} was answered {status} {text[:200]!r}, not {wanted}")
        return text

    def logins(self):
        """Refresh tokens of 64 new logins here."""
        login = lambda i: json.loads(self.expect(
            200, "POST", "/api/login/", {"username": name_of(i), "password": PASSWORD}))["refresh"]
        with ThreadPoolExecutor(4) as pool:
            return list(pool.map(login, range(64)))

    def processes(self):
        """Pids by part; of what is shared, such as the peers' nginx, only this target is under load at a time."""
        return {"nginx": family(recorded(self.nginx)), "app": self.app.family() if self.app else [],
                "db": family(recorded(self.stack.database)) if self.app else []}

    def restart(self):
        """Milliseconds from the start of the workers until a dashboard is answered 200, through nginx."""
        request = (f"GET /api/dashboard/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                   f"Authorization: Bearer {self.stack.tokens('access')[0]}\r\n\r\n").encode()
        self.app.stop()
        time.sleep(0.2)
        begun = time.monotonic()
        self.app.start()
        while time.monotonic() - begun < 30:
            with socket.create_connection(("127.0.0.1", self.port), 30) as connection:
                connection.sendall(request)
                if b" 200 " in connection.recv(32):
                    return (time.monotonic() - begun) * 1e3
            time.sleep(0.001)
        raise SystemExit(f"{self.name} did not answer within 30 s of its start; its log: {self.app.log}")


class Stack:
    """One stack of tools/stack with its accounts. `settings` go to tools/stack through the environment."""

    def __init__(self, directory, key=None, **settings):
        """`key`: what openssl genpkey is told of the key that signs; None: as tools/stack makes it."""
        self.directory, self.key = directory, key
        drop = ("CONF", "PORT", "LIMITS", "WORKERS", "DURABILITY", "SITE")
        self.env = {k: v for k, v in os.environ.items() if k not in drop and not k.startswith("JWTAUTHD_")}
        self.env |= {"STATE_DIR": str(directory), "PORT": "0", "REUSEPORT": "1"} | settings
        self.database = directory / "db/db.pid"
        self.refresh_tokens, self.access_tokens, self.access_at = [], [], -1e9
        self.many_access, self.many_at = [], -1e9

    def tool(self, verb):
        done = subprocess.run([HERE.parent / "tools/stack", verb], env=self.env, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"tools/stack {verb} failed:\n{done.stdout}{done.stderr}")

    def sql(self, text):
        return subprocess.run(["mariadb", "--no-defaults", "-S", self.directory / "db/sock", "-u", "jwtauthd", "-NB",
                               "jwtauthd"], input=text, capture_output=True, text=True, check=True).stdout

    def start(self, name, cases):
        if self.key:
            self.make_key(self.directory / "keys/signing-key.pem")
        self.tool("start")
        workers = Service.like_running(self.directory / "run/workers.pid")
        self.target = Target(name, int((self.directory / "port").read_text()), self.directory / "run/nginx.pid",
                             workers, self, cases)
        self.make_accounts()
        return self.target

    def make_key(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["openssl", "genpkey", "-quiet", "-out", path, "-algorithm", *self.key], check=True,
                       stderr=subprocess.DEVNULL)
        path.chmod(0o600)

    def stop(self):
        for lines in self.directory.glob("bench.*"):  # what a driver that was killed has left
            lines.unlink()
        if self.directory.exists():
            self.tool("stop")

    def make_accounts(self):
        """One by registration; the others get its hash, since a thousand hashes would take a while."""
        self.remove_accounts("bench")
        self.target.expect(201, "POST", "/api/register/", {
            "username": name_of(0), "email": f"{name_of(0)}@example.org", "password": PASSWORD})
        columns = "is_superuser, first_name, last_name, is_staff, is_active, date_joined"
        rows = " UNION ".join(f"SELECT '{name_of(i)}' n" for i in range(1, USERS))
        self.sql(f"INSERT INTO auth_user (username, email, password, {columns}) SELECT n, CONCAT(n, '@example.org'), "
                 f"password, {columns} FROM auth_user, ({rows}) names WHERE username = '{name_of(0)}'")

    def remove_accounts(self, prefix):
        if self.sql("SHOW TABLES LIKE 'token_blacklist_outstandingtoken'"):
            self.sql("DELETE FROM token_blacklist_blacklistedtoken; DELETE FROM token_blacklist_outstandingtoken")
        self.sql(f"DELETE FROM auth_user WHERE username LIKE '{prefix}%';"
                 "DELETE FROM jwtauthd_email_claim WHERE user_id NOT IN (SELECT id FROM auth_user)")

    def tokens(self, kind):
        """Of 64 users: refresh tokens from logins, access tokens from those, new before the old ones expire."""
        if not self.refresh_tokens:
            self.refresh_tokens = self.target.logins()
        if kind == "refresh":
            return self.refresh_tokens
        if time.monotonic() - self.access_at > 150:
            pairs = [json.loads(self.target.expect(200, "POST", "/api/token/refresh/", {"refresh": token}))
                     for token in self.refresh_tokens]
            self.refresh_tokens = [pair.get("refresh", old) for pair, old in zip(pairs, self.refresh_tokens)]
            self.access_tokens, self.access_at = [pair["access"] for pair in pairs], time.monotonic()
        return self.access_tokens


    def many_tokens(self):
        """1,024 access tokens, sixteen of each of the 64 users."""
        if time.monotonic() - self.many_at > 150:
            self.many_access = []
            for _ in range(16):
                self.access_at = -1e9
                self.many_access += self.tokens("access")
            self.many_at = time.monotonic()
        return self.many_access


def django_python():
    """A Python that has what the peer needs: this one, or the system's."""
    for python in ("python3", "/usr/bin/python3"):
        if subprocess.run([python, "-c", f"import {DJANGO_MODULES}"], capture_output=True).returncode == 0:
            return python
    return None


class Peers:
    """The floors and Django behind an nginx with the settings of ours."""

    def __init__(self, directory):
        self.directory = directory
        self.nginx = directory / "nginx.pid"
        self.services = [Service(directory / f"{name}.pid", log=directory / f"{name}.log")
                         for name in ("libfcgi", "django", "blacklist", "nginx")]

    def start(self, beside, nginx_cases, floor_cases, django_cases, rotating_cases):
        self.directory.mkdir(parents=True, exist_ok=True)
        python, targets = django_python(), []
        self.ports = [free_port() for _ in range(4)]
        path = os.environ["PATH"] + ":/usr/sbin:/sbin"
        floor, django, blacklist, nginx = self.services
        floor.argv = [built("libfcgi", "-lfcgi"), str(self.directory / "libfcgi.sock"), str(FLOOR_THREADS)]
        floor.start()
        if python:
            self.start_django(django, python, beside)
            if rotating_cases:
                self.start_django(blacklist, python, beside, PEER_ROTATION="1")
        (self.directory / "nginx.conf").write_text(self.nginx_configuration())
        nginx.env = dict(os.environ, PATH=path)
        nginx.argv = ["nginx", "-p", str(self.directory), "-c", str(self.directory / "nginx.conf"),
                      "-e", str(self.directory / "nginx.log")]
        os.environ["PATH"] = path  # Debian keeps servers where an ordinary user's PATH does not look
        nginx.start()
        targets.append(Target("nginx alone", self.ports[0], self.nginx, None, beside, nginx_cases))
        targets.append(Target("bare libfcgi", self.ports[1], self.nginx, floor, beside, floor_cases | {"start", "memory"}))
        targets[-1].socket = floor.argv[1]
        if python:
            targets.append(Target("Django", self.ports[2], self.nginx, django, beside, django_cases))
            if rotating_cases:
                targets.append(Target("Django blacklist", self.ports[3], self.nginx, blacklist, beside, rotating_cases))
        for target in targets:
            self.await_answer(target)
        return targets

    def start_django(self, service, python, beside, **settings):
        socket_file = service.pidfile.with_suffix(".sock")
        service.env = dict(os.environ, DJANGO_SETTINGS_MODULE="settings", PYTHONDONTWRITEBYTECODE="1",
                           PEER_SECRET=beside.env["JWTAUTHD_TOKENS_SIGNING_KEY"],
                           PEER_DB_SOCKET=str(beside.directory / "db/sock"), **settings)
        if "PEER_ROTATION" in settings:
            subprocess.run([python, HERE / "django/make_blacklist.py"], env=service.env, check=True)
        service.argv = [python, "-m", "gunicorn", "--chdir", str(HERE / "django"), "--workers", "2", "--backlog", "2048",
                        "--worker-class", "sync", "--bind", f"unix:{socket_file}", "--log-level", "warning", "site_wsgi"]
        service.start()

    def await_answer(self, target):
        status = None
        for _ in range(600):
            try:
                status, _ = target.call("GET", "/api/dashboard/", token=target.stack.tokens("access")[0])
            except OSError:
                pass
            if status == 200:
                return
            time.sleep(0.05)
        raise SystemExit(f"{target.name} does not answer (last status: {status}); its logs: {self.directory}/*.log")

    def stop(self):
        for service in reversed(self.services):
            terminate(service.pidfile)

    def nginx_configuration(self):
        d = self.directory
        body = '{"message":"Welcome to your dashboard","username":"bench0000"}'
        # What Debian's fastcgi_params hands on.
        params = """QUERY_STRING $query_string; REQUEST_METHOD $request_method; CONTENT_TYPE $content_type;
            CONTENT_LENGTH $content_length; SCRIPT_NAME $fastcgi_script_name; REQUEST_URI $request_uri;
            DOCUMENT_URI $document_uri; DOCUMENT_ROOT $document_root; SERVER_PROTOCOL $server_protocol;
            REQUEST_SCHEME $scheme; GATEWAY_INTERFACE CGI/1.1; SERVER_SOFTWARE nginx/$nginx_version;
            REMOTE_ADDR $remote_addr; REMOTE_PORT $remote_port; SERVER_ADDR $server_addr; SERVER_PORT $server_port;
            SERVER_NAME $server_name; REDIRECT_STATUS 200"""
        fastcgi = "\n".join(f"fastcgi_param {param.strip()};" for param in params.split(";"))
        temporary = "\n".join(f'{kind}_temp_path "{d}/{kind}";'
                              for kind in ("client_body", "proxy", "fastcgi", "scgi", "uwsgi"))
        return f"""{'user root;' if os.getuid() == 0 else ''}
daemon off; worker_processes 2; worker_rlimit_nofile 16384; pid "{d}/nginx.own.pid";
events {{ worker_connections 4096; }}
http {{
  access_log off; server_tokens off; {temporary}
  upstream floor {{ server "unix:{d}/libfcgi.sock" max_fails=0; keepalive {FLOOR_KEEPALIVE}; keepalive_requests 1000000; }}
  upstream django {{ server "unix:{d}/django.sock" max_fails=0; }}
  upstream blacklist {{ server "unix:{d}/blacklist.sock" max_fails=0; }}
  server {{
    listen 127.0.0.1:{self.ports[0]} backlog=4096 reuseport;
    location / {{
      default_type application/json;
      add_header Allow "GET, HEAD, OPTIONS"; add_header Vary Accept; add_header X-Frame-Options DENY;
      add_header X-Content-Type-Options nosniff; add_header Referrer-Policy same-origin;
      add_header Cross-Origin-Opener-Policy same-origin;
      return 200 '{body}';
    }}
  }}
  server {{
    listen 127.0.0.1:{self.ports[1]} backlog=4096 reuseport;
    {fastcgi}
    location / {{ fastcgi_pass floor; fastcgi_keep_conn on; }}
    location = /static {{ alias "{HERE.parent}/nginx/jwtauthd-locations.conf"; }}
    location = /protected {{ auth_request /question; alias "{HERE.parent}/nginx/jwtauthd-locations.conf"; }}
    location = /question {{ internal; fastcgi_pass floor; fastcgi_keep_conn on; fastcgi_pass_request_body off; }}
  }}
{self.django_server(self.ports[2], "django")}
{self.django_server(self.ports[3], "blacklist")}
}}
"""

    @staticmethod
    def django_server(port, upstream):
        return f"""  server {{
    listen 127.0.0.1:{port} backlog=4096 reuseport;
    proxy_http_version 1.1;
    proxy_set_header Connection ""; proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto $scheme;
    location / {{ proxy_pass http://{upstream}; }}
  }}"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]
