"""The cases, how one of them is run on one target, and what is aimed at."""
import json
import os
import subprocess
import tempfile
import time
import uuid
from pathlib import Path

from processes import CORES, cpu_seconds, machine_seconds, pss_mib
from targets import HERE, PASSWORD, USERS, built, name_of

DASHBOARD, LOGIN = "GET /api/dashboard/", "POST /api/login/"
REFRESH, REGISTER = "POST /api/token/refresh/", "POST /api/register/"
HS256, ES256, FLOOR, DJANGO = "jwtauthd HS256", "jwtauthd ES256", "bare libfcgi", "Django"
RS256, EDDSA = "jwtauthd RS256", "jwtauthd EdDSA"
# The same as ES256 without access log and scoreboard: what an operator's view of it costs.
QUIET = "jwtauthd ES256 quiet"
# With rotation: our sessions, and simplejwt's rotation with its blacklist. ES256 has sessions as it is installed.
SESSIONS, ROTATING_DJANGO = "jwtauthd HS256 sessions", "Django blacklist"

# The gateway: what nginx's auth_request asks, by itself, and one file without and with it.
GATEWAY = {"subrequest", "static", "protected"}
# Without a cache of tokens, so that each request's is verified: the kind of load that each is.
UNSEEN = {"unseen": "dashboard", "unseen-subrequest": "subrequest"}
# At the workers' socket, without nginx: on a kept connection, on one of its own each.
QUESTIONS = {"question": "kept", "question-anew": "anew"}
# What the algorithms differ in; the rest is measured with HS256 and ES256.
OF_ALGORITHMS = {"dashboard@32", "subrequest@32", "cold", *UNSEEN}

# name@connections: what it says above its table
CASES = {
    "dashboard@1": "Dashboard, valid token, 1 connection",
    "dashboard@32": "Dashboard, valid token, 32 connections",
    "dashboard@256": "Dashboard, valid token, 256 connections",
    "observed@32": "Dashboard, with access log and shared counters as installed, and without, 32 connections",
    "tampered@64": "Dashboard, one character of the signature changed (401), 64 connections",
    "subrequest@1": "Gateway, as auth_request asks it, 1 connection",
    "subrequest@32": "Gateway, as auth_request asks it, 32 connections",
    "static@1": "A static file, 1 connection",
    "protected@1": "The same file behind auth_request, 1 connection",
    "static@32": "A static file, 32 connections",
    "protected@32": "The same file behind auth_request, 32 connections",
    "cold@32": "Dashboard, workers that have just been started and know none of 1,024 tokens, 32 connections",
    "unseen@32": "Dashboard, every token verified (cache.verified_tokens = 0), 32 connections",
    "unseen-subrequest@32": "Gateway, every token verified (cache.verified_tokens = 0), 32 connections",
    "question@1": "Gateway at the worker's socket, without nginx: one question at a time, connection kept",
    "question-anew@1": "The same, each question on a connection of its own",
    "signatures": "Tokens signed and verified a second, of one core's time, beside `openssl speed`",
    "login@1": "Login, 1 connection",
    "login@16": "Login, 16 connections",
    "refresh@16": "Refresh without rotation, 16 connections",
    "rotate@16": "Refresh with rotation: each token once, the old one is dead; 16 connections",
    "register@16": "Registration of new users, 16 connections",
    "mixed@16": "Dashboards at 16 connections while logins saturate at 32",
    "start": "Start of the workers to the first 200 through nginx",
    "memory": "Memory of the workers, PSS",
}

# case, whose, figure, at whom it is measured (None: as it stands; with a case: there), least (>=) or most (<=), the aim
AIMS = [
    *((case, ours, "rate", FLOOR, ">=", 1.2) for case in ("dashboard@32", "dashboard@256") for ours in (HS256, ES256)),
    *((case, ours, "rate", DJANGO, ">=", 20) for case in ("dashboard@32", "dashboard@256") for ours in (HS256, ES256)),
    *((case, ES256, "rate", HS256, ">=", 0.95) for case in ("dashboard@32", "dashboard@256")),
    *((case, ours, "rate", HS256, ">=", 0.9) for ours in (ES256, RS256, EDDSA) for case in ("dashboard@32", "subrequest@32")
      if (case, ours) != ("dashboard@32", ES256)),
    *(("cold@32", ours, "rate", (HS256, "dashboard@32"), ">=", 0.9) for ours in (HS256, ES256, RS256, EDDSA)),
    *(("unseen@32", ours, "rate", (HS256, "dashboard@32"), ">=", 0.9) for ours in (HS256, ES256, RS256, EDDSA)),
    *(("unseen-subrequest@32", ours, "rate", (HS256, "subrequest@32"), ">=", 0.9) for ours in (HS256, ES256, RS256, EDDSA)),
    *((case, ours, "rate", FLOOR, ">=", 1.2) for case in ("subrequest@32", "protected@32") for ours in (HS256, ES256)),
    ("observed@32", ES256, "rate", QUIET, ">=", 0.97),
    *(("dashboard@256", ours, "p99", None, "<=", 13) for ours in (HS256, ES256)),
    *(("dashboard@32", ours, "work", None, "<=", 15) for ours in (HS256, ES256)),
    ("tampered@64", HS256, "rate", DJANGO, ">=", 10),
    ("login@1", HS256, "rate", DJANGO, ">=", 2.5),
    ("login@16", HS256, "rate", DJANGO, ">=", 4),
    ("refresh@16", HS256, "rate", DJANGO, ">=", 10),
    ("rotate@16", SESSIONS, "rate", ROTATING_DJANGO, ">=", 15),
    *(("mixed@16", ours, figure, None, sign, aim) for ours in (HS256, ES256)
      for figure, sign, aim in (("rate", ">=", 15000), ("p99", "<=", 8))),
    *(("start", ours, "ms", None, "<=", 40) for ours in (HS256, ES256)),
    *(("memory", ours, "idle", None, "<=", 25) for ours in (HS256, ES256)),
    # Logins of PBKDF2 need no memory worth a name; those of Argon2id have theirs besides.
    *(("memory", ours, load, None, "<=", 50)
      for ours, load in ((HS256, "dashboards"), (ES256, "dashboards"), (HS256, "logins"))),
]


# What one case costs beside another of the same target.
PAIRS = [("subrequest@32", "dashboard@32"), ("protected@1", "static@1"), ("protected@32", "static@32")]


class Load:
    """One run of wrk: so many connections, each sending the next request when the last is answered."""

    running = []

    def __init__(self, target, request, lines, connections, seconds, script="load.lua"):
        self.file = tempfile.NamedTemporaryFile("w", prefix="bench.", dir=target.stack.directory, delete=False)
        with self.file:
            self.file.write("\n".join(lines) + "\n")
        self.process = subprocess.Popen(
            ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s", "-s", HERE / script, target.origin],
            env=dict(os.environ, REQUEST=request, LINES=self.file.name), stdout=subprocess.PIPE, text=True)
        self.running.append(self)

    def stop(self):
        self.process.kill()
        Path(self.file.name).unlink(missing_ok=True)

    def result(self):
        text = self.process.communicate()[0]
        self.running.remove(self)
        self.stop()
        found = [line for line in text.splitlines() if line.startswith("@@")]
        if not found:
            raise SystemExit(f"wrk gave no figures:\n{text}")
        figures = json.loads(found[0][2:])
        figures["rate"] = figures["requests"] / figures["seconds"]
        return figures


def lines_of(target, kind, seconds):
    if kind == "login":
        return [json.dumps({"username": name_of(i), "password": PASSWORD}) for i in range(USERS)]
    if kind == "register":
        run = uuid.uuid4().hex[:12]
        return [json.dumps({"username": f"new{run}-{i}", "email": f"new{run}-{i}@example.org", "password": PASSWORD})
                for i in range(1000 * (seconds + 1))]
    if kind == "refresh":
        return [json.dumps({"refresh": token}) for token in target.stack.tokens("refresh")]
    if kind == "rotate":
        return [json.dumps({"refresh": token}) for token in target.logins()]
    if kind == "cold":
        return target.stack.many_tokens()
    tokens = target.stack.tokens("access")
    if kind == "tampered":
        return [t[:-9] + ("A" if t[-9] != "A" else "B") + t[-8:] for t in tokens]
    return tokens


def load(target, kind, connections, seconds, lines=None):
    request = {"login": LOGIN, "register": REGISTER, "refresh": REFRESH, "rotate": REFRESH,
               **{case: f"GET /{case}" for case in GATEWAY}}.get(UNSEEN.get(kind, kind), DASHBOARD)
    return Load(target, request, lines or lines_of(target, kind, seconds), connections, seconds,
                "chain.lua" if kind == "rotate" else "load.lua")


def settle(target):
    """Until the target rests: logins whose clients have gone are still worked off, and would fall into the next run."""
    for _ in range(100):
        members = sum(target.processes().values(), [])
        before = cpu_seconds(members)
        time.sleep(0.1)
        if cpu_seconds(members) - before < 0.02:
            return


def run_load(target, kind, connections, seconds):
    parts, asked = target.processes(), "dashboard" if kind == "mixed" else kind
    # Before the rush and its count: a fresh token takes a login, which costs hundreds of refreshes.
    lines = lines_of(target, asked, seconds)
    if kind == "mixed":
        logins = load(target, "login", 32, seconds + 2)
        time.sleep(1)
    before = {part: cpu_seconds(pids) for part, pids in parts.items()}
    running = load(target, asked, connections, seconds, lines)
    machine, own, begun = machine_seconds(), os.times(), time.monotonic()
    figures = running.result()
    machine, wall, after = machine_seconds() - machine, time.monotonic() - begun, os.times()
    spent = {part: cpu_seconds(pids) - before[part] for part, pids in parts.items()}
    requests = max(1, figures["requests"])
    if kind == "mixed":
        other = logins.result()
        figures["logins"], figures["refused"] = other["rate"], figures["refused"] + other["refused"]
    else:
        driver = sum(after[:4]) - sum(own[:4])
        figures["others"] = max(0.0, machine - sum(spent.values()) - driver) / (wall * CORES)
        figures |= {part: seconds / requests * 1e6 for part, seconds in spent.items()}
        figures["work"] = figures["app"] + figures["db"]
    if kind == "tampered":
        figures["refused"] = requests - figures["refused"]  # a 200 would be the wrong answer
    settle(target)
    if kind == "register":
        target.stack.remove_accounts("new")
    return figures


def run_unseen(target, kind, connections, seconds):
    """The workers are started anew without a cache, and with it after that."""
    target.app.env["JWTAUTHD_CACHE_VERIFIED_TOKENS"] = "0"
    target.restart()
    try:
        return run_load(target, kind, connections, seconds)
    finally:
        del target.app.env["JWTAUTHD_CACHE_VERIFIED_TOKENS"]
        target.restart()


def run_question(target, how, seconds):
    path = "/api/dashboard/" if target.name == FLOOR else "/gateway/"
    done = subprocess.run([built("question"), target.socket, how, str(seconds), path],
                          input="\n".join(target.stack.tokens("access")), text=True, stdout=subprocess.PIPE, check=True)
    figures = json.loads(done.stdout)
    return figures | {"rate": figures["requests"] / seconds}


def run_memory(target, seconds):
    """Idle: a second after a start and twenty requests. Under load: the most that was seen."""
    target.restart()
    token = target.stack.tokens("access")[0]
    for _ in range(20):
        target.expect(200, "GET", "/api/dashboard/", token=token)
    time.sleep(1)
    figures = {"idle": pss_mib(target.app.family())}
    for name, kind, connections in (("dashboards", "dashboard", 64), ("logins", "login", 16)):
        if name == "logins" and "login" not in target.cases:
            continue
        running, most = load(target, kind, connections, seconds), 0.0
        while running.process.poll() is None:
            most = max(most, pss_mib(target.app.family()))
            time.sleep(0.2)
        running.result()
        settle(target)
        figures[name] = most
    return figures


def run_case(target, case, seconds):
    kind, _, connections = case.partition("@")
    if kind == "start":
        return {"ms": target.restart()}
    if kind == "memory":
        return run_memory(target, seconds)
    if kind in QUESTIONS:
        return run_question(target, QUESTIONS[kind], seconds)
    if kind == "cold":
        target.restart()
    if kind in UNSEEN:
        return run_unseen(target, kind, int(connections), seconds)
    return run_load(target, kind, int(connections), seconds)


def check_answers(target):
    """Right answers first: what is wrong is soon fast."""
    good, bad = (lines_of(target, kind, 0)[0] for kind in ("dashboard", "tampered"))
    target.expect(200, "GET", "/api/dashboard/", token=good)
    if "protected" in target.cases and target.name != FLOOR:
        for wanted, path, token in ((204, "/subrequest", good), (200, "/static", None), (200, "/protected", good),
                                    (401, "/protected", bad)):
            target.expect(wanted, "GET", path, token=token)
    if "rotate" in target.cases:
        first = json.loads(lines_of(target, "rotate", 0)[0])
        target.expect(200, *REFRESH.split(), first)
    if "login" in target.cases:
        target.expect(401, "GET", "/api/dashboard/", token=bad)
        for wanted, kind, path in ((200, "login", LOGIN), (200, "refresh", REFRESH), (201, "register", REGISTER)):
            if kind not in target.cases:
                continue
            target.expect(wanted, *path.split(), json.loads(lines_of(target, kind, 0)[0]))
        target.stack.remove_accounts("new")
