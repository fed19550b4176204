"""Logins come at ten times the rate at which this machine hashes passwords. Token checks go on, no more wait than may wait,
and who finds the queue full is told so at once."""
import json
import threading
import time
from statistics import median

from accounts import PASSWORD, make_accounts, sign_in
from client import Client
from processes import pss_mib
from samples import quantile
from wrk import PACED, Load, stop_all

TIMES = 10
AIM = 1.3  # beyond it, since a busy machine's figure of what it can hash wanders
PAUSE = 0.1  # seconds that a connection of the flood rests between requests
PROBES = 8  # clients that log in beside the flood, to see what one meets
QUEUE = 64  # server.password_queue's default, which the stack has
RATIO = 5  # p99 of token checks in the flood to that of idle times
AT_ONCE = 0.1  # seconds


class Watch:
    """Asks a stack now and then how many logins wait and how large the workers are, and logs in itself."""

    def __init__(self, stack, names):
        self.stack, self.names, self.over = stack, names, threading.Event()
        self.waiting, self.sizes, self.logins = [], [], []  # sizes: (seconds, MiB); logins: (status, seconds)
        self.threads = [threading.Thread(target=work, daemon=True) for work in (self._look, *[self._log_in] * PROBES)]
        for thread in self.threads:
            thread.start()

    def _look(self):
        client, begun = Client(self.stack.port), time.monotonic()
        while not self.over.wait(0.1):
            for line in client.get("/metrics").body.decode().splitlines():
                if line.startswith('jwtauthd_lane_waiting{lane="password"}'):
                    self.waiting.append(int(float(line.split()[-1])))
            self.sizes.append((time.monotonic() - begun, pss_mib(self.stack.worker_pids())))
        client.close()

    def _log_in(self):
        client, i = Client(self.stack.port, deadline=35), 0
        while not self.over.wait(0.05):
            i += 1
            answer = client.post("/api/login/", {"username": self.names[i % len(self.names)], "password": PASSWORD})
            self.logins.append((answer.status, answer.seconds))
        client.close()

    def end(self):
        self.over.set()
        for thread in self.threads:
            thread.join()


# A hash as people have it; the tokens outlive the part.
SETTINGS = {"passwords.hasher": "argon2id"}


def login_flood(suite):
    seconds, repetitions = suite.count(8, 2), suite.count(3, 1)
    with suite.stack("flood", SETTINGS) as stack:
        try:
            flood(suite, stack, seconds, repetitions)
        finally:
            stop_all()


def flood(suite, stack, seconds, repetitions):
    names = make_accounts(stack, "flood", 1000)
    tokens = sign_in(stack, names[:64])
    bodies = [json.dumps({"username": name, "password": PASSWORD}) for name in names]
    capacity = median(Load(stack.port, "POST /api/login/", bodies, 16, seconds).result()["rate"] for _ in range(3))
    bound = QUEUE * stack.worker_count()
    connections = int(bound * 1.3 + AIM * TIMES * capacity * (PAUSE + 0.01))
    suite.figure(f"{capacity:.0f} logins a second are what this machine hashes; {connections} connections ask for {TIMES} times as many")

    def checks(count):
        return Load(stack.port, "GET /api/dashboard/", tokens, count, seconds).result()

    ratios, offered, shares, seen, wrong = {16: [], 1: []}, [], [], [], 0
    for repetition in range(repetitions):
        idle = {count: checks(count) for count in ratios}
        rush = Load(stack.port, "POST /api/login/", bodies, connections, 2 * seconds + 4, PACED, pause=int(PAUSE * 1e3))
        time.sleep(2)  # until the queue is full
        watch = Watch(stack, names)
        during = {count: checks(count) for count in ratios}
        watch.end()
        told = rush.result()
        seen.append(watch)
        statuses = {int(k): v for k, v in told["statuses"].items()}
        wrong += sum(figures["refused"] + figures["broken"] for figures in (*idle.values(), *during.values()))
        wrong += sum(v for k, v in statuses.items() if k not in (200, 429, 503)) + told["broken"]
        offered.append(told["rate"] / capacity)
        shares.append(statuses.get(200, 0) / told["seconds"] / capacity)
        for count, found in ratios.items():
            found.append(during[count]["p99"] / idle[count]["p99"])
            suite.figure(f"repetition {repetition + 1}, {count} connections: p99 idle {idle[count]['p99']:.2f} ms, in the flood "
                      f"{during[count]['p99']:.2f} ms (× {found[-1]:.1f}); {idle[count]['rate']:.0f} and {during[count]['rate']:.0f} checks a second")

    suite.check(median(offered) >= TIMES, f"the flood has {TIMES} times what can be hashed", f"{median(offered):.1f} times the capacity")
    for count, found in ratios.items():
        suite.check(median(found) <= RATIO, f"p99 of token checks in the flood is at most {RATIO} times the idle one, connections: {count}",
                    "× " + ", ".join(f"{ratio:.1f}" for ratio in found))
    suite.check(wrong == 0, "token checks are answered 200, logins 200 or, one too many, 503", f"{wrong} others")
    most = max(max(watch.waiting, default=0) for watch in seen)
    suite.check(0 < most <= bound, "no more logins wait than server.password_queue lets", f"{most} of {bound}")
    suite.check(median(shares) >= 0.5, "logins are worked off as without the flood", f"{median(shares):.2f} of the capacity, beside token checks")
    refused = [s for watch in seen for status, s in watch.logins if status == 503]
    taken = [s for watch in seen for status, s in watch.logins if status == 200]
    suite.check(bool(refused) and quantile(refused, 0.99) <= AT_ONCE, f"a login too many is refused within {AT_ONCE * 1e3:.0f} ms (p99)",
                f"{len(refused)} refused, p50 {quantile(refused, .5) * 1e3:.1f} ms, p99 {quantile(refused, .99) * 1e3:.1f} ms; "
                f"{len(taken)} taken, p50 {quantile(taken, .5) * 1e3:.0f} ms")
    sizes = seen[-1].sizes
    first, second = ([mib for at, mib in sizes if (at < sizes[-1][0] / 2) == wanted] for wanted in (True, False))
    grown = max(second) - max(first)
    suite.check(grown <= 2, "memory of the workers is flat in the flood", f"{max(first):.1f} MiB in its first half, {grown:+.1f} MiB in its second")


PARTS = [("login-flood", "logins at ten times what can be hashed", login_flood)]
