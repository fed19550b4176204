"""Workers are killed under load: what fails is what was in their hands, at once and never later."""
import random
import signal
import threading
import time
from bisect import bisect_right

import checker
from background import Background
from client import Client
from journal import Journal
from part_database_kill import percentile
from writers import Writers


class Reader(Background):
    """Checks one access token all the time."""

    def __init__(self, port, access, over, deadline=15.0, pause=0.0):
        super().__init__(over)
        self.client, self.access, self.pause = Client(port, deadline), access, pause
        self.answers, self.asked_at = [], None

    def run(self):
        while not self.over.is_set():
            self.asked_at = time.monotonic()
            answer = self.client.get("/api/dashboard/", self.access)
            self.asked_at = None
            answer.body, answer.headers = b"", {}
            self.answers.append(answer)
            if self.pause:
                time.sleep(self.pause)
        self.client.close()


def an_account(port, name="reader"):
    """Registers and logs in; the pair of tokens."""
    client, password = Client(port), "ferry-rope-lantern-7"
    answers = [client.post("/api/register/", {"username": name, "email": name + "@example.org", "password": password}),
               client.post("/api/login/", {"username": name, "password": password})]
    if not answers[-1].good:
        raise RuntimeError(f"{name} could not log in: {answers}")
    return answers[-1].json() | {"username": name, "password": password}


def errors_of(journal, readers):
    """(sent, came, what) of each request that was neither done nor refused."""
    found = [(e.sent, e.came, f"{e.kind} {e.status}") for e in journal.entries if e.outcome == "unknown"]
    for reader in readers:
        found += [(a.sent, a.came, f"dashboard {a.status or a.broken}") for a in reader.answers if a.status != 200]
    return sorted(found)


def kill_workers(suite):
    kills = suite.count(100, 10)
    with suite.stack("worker-kill") as stack:
        access = an_account(stack.port)["access"]
        journal, over = Journal(suite.path("worker-kill.journal")), threading.Event()
        writers = Writers(stack, journal, 12).start()
        readers = [Reader(stack.port, access, over) for _ in range(12)]
        for reader in readers:
            reader.start()
        time.sleep(1)
        chance, killed = random.Random(100), []
        for n in range(kills):
            number = n % stack.worker_count() + 1
            connections = stack.connections_of(stack.worker(number))
            killed.append((stack.replace_worker(number, signal.SIGKILL), connections))
            time.sleep(chance.uniform(0.05, 0.3))
        time.sleep(0.3)
        over.set()
        failures = writers.stop()
        for reader in readers:
            reader.join(30)

        errors = errors_of(journal, readers)
        kill_of = [bisect_right([at for at, _ in killed], came) - 1 for _, came, _ in errors]  # the last one before
        each = [kill_of.count(n) for n in range(kills)]
        late = [(came - killed[n][0], sent - killed[n][0], what) for n, (sent, came, what) in zip(kill_of, errors) if n >= 0]
        latest, later = max(late, default=(0.0,))[0], [e for e in late if e[0] > 0.1]
        beyond = sum(count > connections for (_, connections), count in zip(killed, each))
        answered = journal.counts()["acknowledged"] + sum(len(r.answers) for r in readers)
        suite.figure(f"{kills} kills under {answered} requests: {len(errors)} failed, at most {max(each)} of one kill; "
                     f"a worker had {percentile([c for _, c in killed], .5)} connections, at most {max(c for _, c in killed)}")
        suite.check(not failures, "all writers went on to the end", ", ".join(failures))
        suite.check(beyond == 0, "no more requests fail than the killed worker had connections", f"{beyond} kills with more")
        suite.check(not later, "none fails later than 100 ms after the kill", f"the last one after {latest * 1e3:.0f} ms, {len(later)} later")
        for came, sent, what in later[:5]:
            suite.figure(f"{what}: sent {sent * 1e3:.0f} ms after the kill, answered {came * 1e3:.0f} ms after it")
        suite.check(kill_of.count(-1) == 0, "none fails before the first kill", kill_of.count(-1))
        suite.check(not writers.auditor.late, "access tokens are refused a second after their end was acknowledged",
                    f"{len(writers.auditor.late)} of {writers.auditor.looked_at} were taken")
        checker.report(suite, journal, stack, f"{kills} kills of workers")


PARTS = [("worker-kill", "kill -9 of workers under load", kill_workers)]
