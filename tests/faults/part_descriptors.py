"""A worker that may open no more files: it says so, rests, goes on with what it has, and takes the others when it may."""
import os
import resource
import time
from contextlib import contextmanager

from accounts import PASSWORD, make_accounts, sign_in
from client import Client
from processes import cpu_seconds
from slow_peers import Question
from stack import wait_until

PEERS = 60
SPARE = 4  # descriptors that a worker has left
BACK = 1.0  # seconds


@contextmanager
def few_descriptors(pids):
    """What the processes have open, and SPARE."""
    before = {pid: resource.prlimit(pid, resource.RLIMIT_NOFILE) for pid in pids}
    try:
        for pid, (_, hard) in before.items():
            highest = max(int(fd) for fd in os.listdir(f"/proc/{pid}/fd"))
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (highest + 1 + SPARE, hard))
        yield
    finally:
        for pid, limits in before.items():
            if os.path.exists(f"/proc/{pid}"):
                resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)


def out_of_descriptors(suite):
    with suite.stack("descriptors") as stack:
        name = make_accounts(stack, "fd", 1)[0]
        token, client, other = sign_in(stack, [name])[0], Client(stack.port), Client(stack.port, deadline=5)
        workers, path = stack.worker_pids(), str(stack.directory / "run/fcgi")
        dashboards = lambda count: [client.get("/api/dashboard/", token).status for _ in range(count)]
        dashboards(20)
        questions = []
        try:
            with few_descriptors(workers):
                questions = [Question(path, "/healthz") for _ in range(PEERS)]
                time.sleep(0.5)
                answered = sum(question.answered() for question in questions)
                before = cpu_seconds(workers)
                time.sleep(suite.count(5, 2))
                spent = (cpu_seconds(workers) - before) / suite.count(5, 2)
                good = dashboards(20)
                login = other.post("/api/login/", {"username": name, "password": PASSWORD})
                log = stack.log()
            begun = time.monotonic()
            wait_until(lambda: all([question.answered() for question in questions]), 10, "not all were answered", 0.002)
            back = time.monotonic() - begun
        finally:
            for question in questions:
                question.close()
        told = log.count("no connection is accepted beyond")
        suite.check(0 < answered < PEERS, "the limit is met", f"{answered} of {PEERS} connections were taken")
        suite.check(1 <= told <= 8 and "Too many open files" in log, "it says so, and not for each connection", f"{told} lines")
        suite.check(spent <= 0.05, "it does not spin", f"{spent * 100:.1f} % of a core")
        suite.check(good == [200] * 20, "kept connections are served meanwhile", f"{good.count(200)} of 20 token checks")
        suite.check(login.status in (200, 503), "a login meanwhile has an answer", login)
        suite.check(back <= BACK, f"all are served within {BACK:.0f} s of the limit's return", f"{back:.2f} s")
        suite.check(stack.worker_pids() == workers, "no worker ended", f"pids {workers}")
        suite.check(dashboards(200) == [200] * 200, "and it goes on")


PARTS = [("descriptors", "workers without descriptors", out_of_descriptors)]
