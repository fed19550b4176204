"""Mixed load for an hour: memory, descriptors and connections to the database do not grow, and nothing fails.

Not among the parts that are run without a name: SOAK_SECONDS says for how long, `make check-soak` for an hour."""
import json
import os
import time
import uuid

from accounts import PASSWORD, make_accounts, sign_in
from processes import pss_mib
from samples import quantile, slope
from slow_peers import descriptors
from wrk import CHAIN, PACED, Load, stop_all

SECONDS = int(os.environ.get("SOAK_SECONDS") or 0)
ROUND = 10  # seconds of load of one kind after the other's tokens
MOST_KIB_AN_HOUR = 2048
# What a worker remembers is bounded; here the bounds are met while it warms up.
SETTINGS = {"cache.verified_tokens": 256, "cache.users": 512}


def soak(suite):
    with suite.stack("soak", SETTINGS) as stack:
        try:
            run(suite, stack)
        finally:
            stop_all()


def run(suite, stack):
    names = make_accounts(stack, "soak", 400)
    workers, begun = stack.worker_pids(), time.monotonic()
    warm = max(30, SECONDS / 5)
    sizes, files, sessions = {pid: [] for pid in workers}, {pid: [] for pid in workers}, []
    counts = {"requests": 0, "refused": 0, "broken": 0}
    rounds = 0
    while time.monotonic() - begun < SECONDS:
        rounds += 1
        loads = begin(stack, names, rounds)
        while any(load.process.poll() is None for load in loads):
            time.sleep(1)
            at = time.monotonic() - begun
            if at < warm:
                continue
            for pid in workers:
                if os.path.exists(f"/proc/{pid}"):
                    sizes[pid].append((at / 3600, pss_mib([pid]) * 1024))
                    files[pid].append(descriptors(pid))
            sessions.append(int(stack.value("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = 'jwtauthd'")))
        for figures in (load.result() for load in loads):
            for name in counts:
                counts[name] += figures[name]
    seconds = time.monotonic() - begun
    suite.figure(f"{seconds:.0f} s in {rounds} rounds: {counts['requests']} requests, {counts['requests'] / seconds:.0f} a second")
    suite.check(counts["refused"] + counts["broken"] == 0, "no request fails", f"{counts['refused']} refused, {counts['broken']} broken")
    suite.check(stack.worker_pids() == workers, "the workers are those of the beginning")
    for number, pid in enumerate(workers, 1):
        rise, error = slope(sizes[pid])
        # By twice its error it may be over: five minutes know an hour's slope no better.
        suite.check(rise - 2 * error <= MOST_KIB_AN_HOUR, f"worker {number}: memory rises by at most {MOST_KIB_AN_HOUR} KiB an hour",
                    f"{rise:+.0f} ± {error:.0f} KiB/hour over {len(sizes[pid])} samples after {warm:.0f} s; "
                    f"{sizes[pid][0][1] / 1024:.1f} MiB, at the end {sizes[pid][-1][1] / 1024:.1f} MiB")
        quarters = [sizes[pid][len(sizes[pid]) * i // 4][1] / 1024 for i in range(4)] + [sizes[pid][-1][1] / 1024]
        suite.figure("by quarters: " + ", ".join(f"{mib:.2f}" for mib in quarters) + " MiB")
        first, last = (max(files[pid][part]) for part in (slice(0, len(files[pid]) // 2), slice(len(files[pid]) // 2, None)))
        suite.check(last <= first + 8, f"worker {number}: descriptors do not grow", f"at most {first} in the first half, {last} in the second")
    half = len(sessions) // 2
    suite.check(max(sessions[half:]) <= max(sessions[:half]) + 2, "connections to the database do not grow",
                f"median {quantile(sessions, .5)}, at most {max(sessions[:half])} and {max(sessions[half:])}")


def begin(stack, names, number):
    """A round's load: each kind at a pace, so that none is all of it."""
    tokens = sign_in(stack, names[:32])
    refreshing = [json.dumps({"refresh": token}) for token in sign_in(stack, names[32:48], "refresh")]
    logins = [json.dumps({"username": name, "password": PASSWORD}) for name in names[48:]]
    run = f"s{number}{uuid.uuid4().hex[:8]}x"
    new = [json.dumps({"username": f"{run}#", "email": f"{run}#@example.org", "password": PASSWORD})]
    tampered = [token[:-9] + ("A" if token[-9] != "A" else "B") + token[-8:] for token in tokens]
    return [Load(stack.port, "GET /api/dashboard/", tokens, 8, ROUND, PACED, pause=4),
            Load(stack.port, "GET /api/me/", tokens, 4, ROUND, PACED, pause=20),
            Load(stack.port, "POST /api/login/", logins, 2, ROUND, PACED, pause=20),
            Load(stack.port, "POST /api/token/refresh/", refreshing, 4, ROUND, CHAIN),
            Load(stack.port, "POST /api/register/", new, 1, ROUND, PACED, pause=50, names=True),
            Wrong(stack.port, "GET /api/dashboard/", tampered, 2, ROUND, PACED, pause=20)]


class Wrong(Load):
    """Load that must be answered 401 alone."""

    def result(self):
        figures = super().result()
        figures["refused"] = figures["requests"] - figures["statuses"].get("401", 0)
        return figures


# Without SOAK_SECONDS it is no part: an hour is for those who ask for it.
PARTS = [("soak", f"mixed load for {SECONDS} s", soak)] if SECONDS else []
