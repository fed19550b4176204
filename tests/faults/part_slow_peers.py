"""Peers that begin and do not go on. While they stay, everybody else is served; when they go, all that they held is back
within a second."""
import time

from accounts import PASSWORD, make_accounts, sign_in
from client import Client
from processes import cpu_seconds, family, pss_mib, recorded
from slow_peers import descriptors, half_open, slow_clients, wait_closed
from wrk import Load, stop_all

HALF_OPEN, SLOW = 100, 1000
BACK = 1.0  # seconds
AS_FAST = 0.7  # of the rate of token checks before, in one of three looks: a busy machine's rate wanders
READ_TIMEOUT = 10  # server.read_timeout's default


def slow_peers(suite):
    with suite.stack("slow", {"passwords.hasher": "argon2id"}) as stack:
        names = make_accounts(stack, "slow", 64)
        tokens = sign_in(stack, names)
        try:
            seconds = suite.count(3, 1)
            beside(suite, stack, tokens, names, seconds, HALF_OPEN, "half-open FastCGI peers",
                   lambda: half_open(str(stack.directory / "run/fcgi"), HALF_OPEN))
            for manner in ("headers", "body", "reading"):
                beside(suite, stack, tokens, names, seconds, SLOW, f"slow clients ({manner})",
                       lambda manner=manner: slow_clients(stack.port, SLOW, manner))
            are_sent_away(suite, stack)
        finally:
            stop_all()


class Held:
    """Descriptors of the workers and of nginx, and memory of the workers."""

    def __init__(self, stack):
        workers, nginx = stack.worker_pids(), family(recorded(stack.directory / "run/nginx.pid"))
        self.workers, self.nginx = (sum(map(descriptors, pids)) for pids in (workers, nginx))
        self.mib = pss_mib(workers)

    def __repr__(self):
        return f"{self.workers} + {self.nginx} descriptors, {self.mib:.1f} MiB"


def checks(stack, tokens, seconds):
    return Load(stack.port, "GET /api/dashboard/", tokens, 16, seconds).result()


def settle(stack):
    """Until the workers and nginx rest, ten seconds at most."""
    pids = stack.worker_pids() + family(recorded(stack.directory / "run/nginx.pid"))
    for _ in range(40):
        before = cpu_seconds(pids)
        time.sleep(0.25)
        if cpu_seconds(pids) - before <= 0.03:
            return


def beside(suite, stack, tokens, names, seconds, count, kind, come):
    who = f"{count} {kind}"
    # From here on nginx has as many connections to the workers as it keeps idle ones.
    Load(stack.port, "GET /api/dashboard/", tokens, 800, 1).result()
    settle(stack)
    before, held = checks(stack, tokens, seconds), Held(stack)
    with come() as peers:
        settle(stack)  # who comes at once is load, and no more than that
        during, there = checks(stack, tokens, seconds), peers.connected()
        logins = [Client(stack.port).post("/api/login/", {"username": name, "password": PASSWORD}) for name in names[:8]]
        full = Held(stack)
        peers.go()
        gone = time.monotonic()
    # As few as before: those of nginx's own kept connections come and go.
    back = None
    while back is None and time.monotonic() - gone < 10:
        now = Held(stack)
        if now.workers <= held.workers + 8 and now.nginx <= held.nginx + 16:
            back = time.monotonic() - gone
        time.sleep(0.01)
    time.sleep(max(0.0, gone + BACK - time.monotonic()))
    for _ in range(3):
        after, left = checks(stack, tokens, seconds), Held(stack)
        if after["rate"] >= AS_FAST * before["rate"]:
            break
    suite.check(there >= 0.99 * count, f"{who} are there", f"{there}; {full}; before {held}")
    suite.check(during["requests"] > 100 and during["refused"] + during["broken"] == 0 and all(a.status == 200 for a in logins),
                f"{who}: others are served", f"{during['requests']} token checks at {during['rate']:.0f}/s (before {before['rate']:.0f}/s), "
                f"p99 {during['p99']:.1f} ms (before {before['p99']:.1f}); {sum(a.status == 200 for a in logins)} of 8 logins")
    suite.check(back is not None and back <= BACK, f"{who}: descriptors are back within {BACK:.0f} s of their end",
                f"{back:.2f} s" if back is not None else f"{left}, before {held}")
    suite.check(after["refused"] + after["broken"] == 0 and after["rate"] >= AS_FAST * before["rate"],
                f"{who}: capacity is back {BACK:.0f} s after their end", f"{after['rate']:.0f}/s, before {before['rate']:.0f}/s")
    suite.check(left.mib <= held.mib + 2, f"{who}: memory is back", f"{left.mib:.1f} MiB, before {held.mib:.1f} MiB")


def are_sent_away(suite, stack):
    """A peer that stays is closed when its request took longer to arrive than it may."""
    with half_open(str(stack.directory / "run/fcgi"), HALF_OPEN) as peers:
        took = wait_closed(peers, READ_TIMEOUT + 5)
    suite.check(took is not None and READ_TIMEOUT - 1 <= took <= READ_TIMEOUT + 1,
                f"half-open peers that stay are closed after server.read_timeout ({READ_TIMEOUT} s)",
                "some were not" if took is None else f"{took:.1f} s")


PARTS = [("slow-peers", "half-open FastCGI peers, slow HTTP clients", slow_peers)]
