"""Passwords, tokens, client secrets and keys are used, also in requests that go wrong in every way that we know of, with
the log at its most talkative. Then they are looked for wherever something is written."""
import base64
import contextlib
import json
import os
import resource
import secrets
import signal
import subprocess
import time
from pathlib import Path

from canaries import Canaries, Watch, memory_of
from client import Broken, Client
from processes import family, recorded
from stack import wait_until

FORM, JSON = "application/x-www-form-urlencoded", "application/json"


class RawClient(Client):
    """Sends what it is given, well-formed or not. Returns the status, or how there was none."""

    def raw(self, method, path, body=b"", **headers):
        until = time.monotonic() + self.deadline
        lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        try:
            if self.socket is None:
                self.get("/healthz")
            self.socket.settimeout(self.deadline)
            self.socket.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
            return self._receive(until)[0]
        except (Broken, OSError, AttributeError) as error:
            self.close()
            return str(error)


class Scene:
    """One stack with its canaries, and an account that has used them."""

    def __init__(self, stack, canaries, client_secret, header_secret):
        """`client_secret` is told in bodies, `header_secret` in Authorization."""
        self.stack, self.canaries, self.client = stack, canaries, RawClient(stack.port, deadline=20)
        self.client_secret, self.header_secret, self.statuses = client_secret, header_secret, {}

    def password(self):
        return self.canaries.add("password", f"Kanarie/4+2&{secrets.token_hex(8)} ü")

    def tokens(self, answer):
        for kind, token in (answer.json() or {}).items():
            if kind in ("access", "refresh"):
                self.canaries.add(f"{kind} token", token)
        return answer.json()

    def say(self, method, path, body=b"", **headers):
        status = self.client.raw(method, path, body, **headers)
        self.statuses[status] = self.statuses.get(status, 0) + 1

    # ---- as it should be -------------------------------------------------------------------------
    def use_everything(self):
        c, self.name, self.secret = self.client, "kanarie" + secrets.token_hex(4), self.password()
        made = c.post("/api/register/", {"username": self.name, "email": f"{self.name}@example.org", "password": self.secret})
        assert made.status == 201, (made, made.body)
        pair = self.login()
        pair |= self.tokens(c.post("/api/token/refresh/", {"refresh": pair["refresh"]}))
        c.get("/api/dashboard/", pair["access"])
        c.post("/api/token/verify/", {"token": pair["access"]})
        made = c.post("/api/tokens/", {"name": "script"}, pair["access"])
        assert made.status == 201, (made, made.body)
        self.personal = self.canaries.add("personal token", made.json()["token"])
        c.get("/gateway/", self.personal)
        service = {"client_id": "canary", "client_secret": self.client_secret, "token": pair["access"]}
        asked = c.post("/api/oauth/introspect/", service)
        assert asked.status == 200, (asked, asked.body)
        basic = base64.b64encode(f"canary-header:{self.header_secret}".encode()).decode()
        self.say("POST", "/api/oauth/introspect/", b"token=" + pair["access"].encode(), Content_Type=FORM, Authorization="Basic " + basic)
        assert self.statuses == {200: 1}, self.statuses
        new = self.password()
        changed = c.post("/api/password/change/", {"old_password": self.secret, "new_password": new}, pair["access"])
        assert changed.status == 200, (changed, changed.body)
        self.secret = new
        self.pair = self.login()

    def login(self):
        answer = self.client.post("/api/login/", {"username": self.name, "password": self.secret})
        assert answer.status == 200, (answer, answer.body)
        return self.tokens(answer)

    # ---- as it should not ------------------------------------------------------------------------
    def wrong_bodies(self):
        secret, token = self.password().encode(), self.pair["refresh"].encode()
        whole = json.dumps({"username": self.name, "password": secret.decode()}).encode()
        for path in ("/api/login/", "/api/register/", "/api/token/refresh/", "/api/oauth/introspect/"):
            for body in (b'{"username":"a","password":"' + secret, b'{"password":"' + secret + b'\xff"}', whole + b" and more",
                         b'{"password":{"' + secret + b'":1}}', b'["' + secret + b'"]', b'{"refresh":"' + token + b'x"',
                         b'{"refresh":["' + token + b'"]}', b'"' + token):
                self.say("POST", path, body, Content_Type=JSON)
                for kind in ("text/plain", "application/xml", JSON + "; charset=utf-16", FORM, "multipart/form-data",
                             "multipart/form-data; boundary=" + self.pair["access"][:60]):
                    self.say("POST", path, body, Content_Type=kind)
            self.say("POST", path, b"username=a&password=" + secret + b"%zz&refresh=" + token, Content_Type=FORM)
            part = b'--x\r\nContent-Disposition: form-data; name="password"\r\n\r\n' + secret + b"\r\n"
            self.say("POST", path, part, Content_Type="multipart/form-data; boundary=x")
            self.say("POST", path, whole + b" " * 70000, Content_Type=JSON)  # 413
            self.say("POST", path, part * 900, Content_Type="multipart/form-data; boundary=x")
            self.say("PUT", path, whole, Content_Type=JSON)
            self.say("POST", path[:-1] + "x/", whole, Content_Type=JSON)

    def wrong_headers(self):
        token, personal = self.pair["access"], self.personal
        for value in ("Bearer " + token + "x", "Bearer " + token[:-9] + "A" * 9, "Bearer", token, "Basic " + token, "Bearer " + token + " " + token,
                      "Bearer " + personal + "x", "Token " + personal, "Bearer " + self.pair["refresh"],
                      "Basic canary-header:" + self.header_secret, "Bearer " + token * 12):
            for path in ("/api/dashboard/", "/api/me/", "/gateway/", "/api/oauth/introspect/", "/api/nowhere/"):
                self.say("GET", path, Authorization=value)
            self.say("GET", "/api/dashboard/", Cookie="__Host-access=" + token + "; __Host-refresh=" + self.pair["refresh"])

    def ordinary(self):
        """What people ask for, with secrets in it, as it comes while something is broken."""
        secret = self.password()
        body = lambda **members: json.dumps(members).encode()
        bearer = {"Authorization": "Bearer " + self.pair["access"], "Content_Type": JSON}
        self.say("POST", "/api/login/", body(username=self.name, password=self.secret), Content_Type=JSON)
        self.say("POST", "/api/register/", body(username="k" + secrets.token_hex(5), email=f"{secrets.token_hex(5)}@example.org",
                                                password=secret), Content_Type=JSON)
        self.say("POST", "/api/token/refresh/", body(refresh=self.pair["refresh"]), Content_Type=JSON)
        self.say("POST", "/api/password/change/", body(old_password=self.secret, new_password=secret + "x"), **bearer)
        self.say("POST", "/api/tokens/", body(name="s"), **bearer)
        self.say("DELETE", "/api/me/", body(password=secret), **bearer)
        self.say("POST", "/api/logout/", body(refresh=self.pair["refresh"] + "x"), Content_Type=JSON)
        self.say("POST", "/api/oauth/introspect/", body(client_id="canary", client_secret=self.client_secret + "x",
                                                        token=self.pair["access"]), Content_Type=JSON)
        self.say("POST", "/api/oauth/revoke/", body(client_id="canary", client_secret=self.client_secret,
                                                    token=self.personal + "x"), Content_Type=JSON)

    def broken_sql(self):
        """A table is away: the server's sentence about the statement comes back."""
        for table in ("jwtauthd_session", "auth_user", "jwtauthd_personal_token"):
            if self.stack.rows(f"SHOW TABLES LIKE '{table}'"):
                self.stack.rows(f"RENAME TABLE {table} TO gone_for_now")
                self.ordinary()
                self.stack.rows(f"RENAME TABLE gone_for_now TO {table}")

    def without_database(self):
        pid = self.stack.database_pid()
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not os.path.exists(f"/proc/{pid}") or not self.stack.database_answers(), 10, "MariaDB did not end")
        self.stack.goes_down()
        self.ordinary()
        self.stack.start_database()
        wait_until(lambda: self.client.get("/readyz").status == 200, 20, "not ready again")

    def worker_dies(self):
        """With a login in its hands: nginx tells of it."""
        for pid in self.stack.worker_pids():
            os.kill(pid, signal.SIGSTOP)
        self.client.socket or self.client.get("/healthz", deadline=0.1)
        impatient = RawClient(self.stack.port, deadline=0.3)
        impatient.post("/api/login/", {"username": self.name, "password": self.secret})
        for pid in self.stack.worker_pids():
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: Client(self.stack.port).get("/readyz").status == 200, 20, "not ready again", 0.05)


def hmac_secret(directory, canaries):
    path = directory / "secret"
    secret = canaries.add("HMAC secret", "hmac/" + secrets.token_urlsafe(40))
    path.write_text(secret)
    return {"tokens.algorithm": "HS256", "tokens.signing_key_file": path}


def private_key(directory, canaries):
    path = directory / "key.pem"
    subprocess.run(["openssl", "genpkey", "-quiet", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path], check=True)
    text = path.read_text()
    for line in text.splitlines():
        if "-" not in line and len(line) > 20:
            canaries.add("signing key", line)
    told = subprocess.run(["openssl", "pkey", "-in", path, "-noout", "-text"], check=True, capture_output=True, text=True).stdout
    scalar = bytes.fromhex(told.partition("priv:")[2].partition("pub:")[0].replace(":", "").replace(" ", "").replace("\n", ""))
    canaries.add("signing key", scalar[-32:])
    return {"tokens.signing_key_file": path}


def canary_secrets(suite):
    for name, make_key in (("HS256", hmac_secret), ("ES256", private_key)):
        canaries, files = Canaries(), suite.path("canaries-" + name)
        files.mkdir(mode=0o700, exist_ok=True)
        os.umask(0o077)
        clients = [new_client("canary"), new_client("canary-header")]
        (files / "clients").write_text("".join(client["line"] + "\n" for client in clients))
        told = [canaries.add(kind, client["client_secret"]) for kind, client in zip(("client secret", "client secret in a header"), clients)]
        settings = make_key(files, canaries) | {"log.level": "debug", "log.repeats": 0, "oauth.clients_file": files / "clients",
                                                "cookies.enabled": "true", "cookies.access": "true"}
        with cores_allowed(), suite.stack("canaries", settings) as stack:
            look_for(suite, name, Scene(stack, canaries, *told))


def new_client(name):
    return json.loads(subprocess.run([Path(os.environ["BUILD"]) / "jwtauthctl", "oauth-client", "new", name, "--json"],
                                     check=True, capture_output=True, text=True).stdout)


@contextlib.contextmanager
def cores_allowed():
    """Whatever we start may write a core, if it wants to."""
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)


def look_for(suite, name, scene):
    stack, canaries, directory = scene.stack, scene.canaries, scene.stack.directory
    general = directory / "db/general.log"
    stack.rows(f"SET GLOBAL general_log_file = '{general}'; SET GLOBAL general_log = ON")
    watch = Watch(directory / "nginx/tmp", canaries)
    scene.use_everything()
    scene.wrong_bodies()
    scene.wrong_headers()
    scene.ordinary()
    scene.broken_sql()
    processes = stack.worker_pids() + family(recorded(directory / "run/nginx.pid")) + [stack.database_pid()]
    # Tokens and keys a worker remembers; what comes in a header stays until its memory is used again.
    in_memory = memory(canaries, stack.worker_pids(), {"password", "client secret"}, scene.name)
    seen = {f"/proc/{pid}/{what}": found for pid in processes + family(recorded(directory / "run/workers.pid"))
            for what in ("environ", "cmdline") if (found := canaries.found_in(Path(f"/proc/{pid}/{what}").read_bytes()))}
    scene.without_database()
    scene.worker_dies()
    dumps = dump(stack)
    core, limit = core_of(stack)
    time.sleep(1.2)  # the log is written in batches
    watch.end()

    def nothing(where, found, figure):
        suite.check(not found, f"{name}: no secret in {where}", found or figure)

    logs = sorted((directory / "log").iterdir()) + [directory / "db/mariadb.log"]
    size = sum(log.stat().st_size for log in logs)
    told = ", ".join(f"{status}: {count}" for status, count in sorted(scene.statuses.items(), key=str))
    suite.figure(f"{name}: {sum(map(len, canaries.forms.values()))} forms of {', '.join(sorted(canaries.forms))}; requests gone wrong: {told}")
    nothing("logs of workers, nginx and MariaDB", canaries.found_in_files(logs), f"{len(logs)} files, {size // 1024} KiB")
    nothing("statements, as MariaDB's general log has them", canaries.found_in_files([general]), f"{general.stat().st_size // 1024} KiB")
    nothing("rows", canaries.found_in_files(dumps), f"{len(dumps)} tables")
    data = [file for file in (directory / "db/data").rglob("*") if file.is_file()]
    nothing("MariaDB's files", canaries.found_in_files(data), f"{len(data)} files, {sum(f.stat().st_size for f in data) >> 20} MiB")
    nothing("nginx's temporary files", watch.found, f"{len(watch.files)} files seen")
    nothing("environment and command lines", seen, f"{len(processes)} processes")
    suite.check(in_memory == {}, f"{name}: no secret of a body, password or client's, in a worker's memory after its request", in_memory or "found 0")
    suite.check(limit == 0 and not core, f"{name}: a worker that aborts writes no core", core or f"limit {limit}")
    planted = directory / "log/planted"
    planted.write_bytes(b"\n".join(max(canaries.forms[kind], key=len) for kind in sorted(canaries.forms)))
    suite.check(canaries.found_in_files([planted]) == {str(planted): sorted(canaries.forms)}, f"{name}: what is there is found")


def dump(stack):
    """Each table in a file, its bytes as they are."""
    files = [stack.directory / f"dump.{table}" for (table,) in stack.rows("SHOW TABLES")]
    for file in files:
        with open(file, "wb") as out:
            subprocess.run(["mariadb", "--no-defaults", "-S", stack.directory / "db/sock", "-u", "root", "-NBr", "jwtauthd",
                            "-e", f"SELECT * FROM {file.suffix[1:]}"], stdout=out, check=True)
    return files


def memory(canaries, pids, kinds, control):
    """{pid: names}; a name that must be there shows that it was looked at."""
    found, controlled = {}, False
    for pid in pids:
        for piece in memory_of(pid):
            controlled = controlled or control.encode() in piece
            if names := canaries.found_in(piece, kinds):
                found[pid] = sorted(set(found.get(pid, [])) | set(names))
    return found if controlled else {"not looked at": control}


def core_of(stack):
    """(the core that a worker left when it was aborted, its limit)."""
    pid = stack.worker_pids()[0]
    place = Path(os.readlink(f"/proc/{pid}/cwd"))
    limit = next(line.split()[4] for line in Path(f"/proc/{pid}/limits").read_text().splitlines() if line.startswith("Max core"))
    before = set(place.glob("core*"))
    stack.replace_worker(1, signal.SIGABRT)
    left = sorted(map(str, set(place.glob("core*")) - before))
    for file in left:
        os.unlink(file)
    return left, int(limit) if limit.isdigit() else limit


PARTS = [("canaries", "secrets are written nowhere", canary_secrets)]
