"""The database hangs, drops its connections, swallows packets, is gone: answers come in time, tokens are checked all the
while, and a second after it is back everything works, with every thread."""
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import checker
from background import Background
from client import Client
from journal import Journal
from part_worker_kill import Reader, an_account
from stack import alive, kill_and_wait, wait_until
from writers import Writers

READ_TIMEOUT, CONNECT_TIMEOUT = 2, 1
SLACK = 0.5  # a machine of two cores, with clients and database on it
PORT = 3306

# An outage of 60 s shall not be one of token checks; the default of cache.stale_after would end them with it.
SETTINGS = {"database.read_timeout": f"{READ_TIMEOUT}s", "database.write_timeout": f"{READ_TIMEOUT}s",
            "database.connect_timeout": f"{CONNECT_TIMEOUT}s", "cache.stale_after": "90s",
            "database.pool_size": 64}  # no thread waits for a connection: those that wait for a lock are all that there are


def waiting(stack):
    return int(stack.value("SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'jwtauthd' AND state LIKE 'Waiting%lock%'"))


def side_by_side(stack, account, prober):
    """How many statements wait at once while the tables are locked, when more requests come than there are threads;
    and the statuses of those requests when the lock is gone. A thread that was lost waits for nothing. Several times,
    because the pool opens its connections one after the other, and who waits too long for one is answered 503."""
    most = 0
    for times in range(6):
        count, statuses = hold_and_count(stack, account, prober)
        most = max(most, count)
        if times >= 1 and set(statuses) == {200}:
            break
    return most, statuses


def hold_and_count(stack, account, prober, logins=40, lists=60):
    lock = subprocess.Popen(["mariadb", "--no-defaults", "-S", stack.directory / "db/sock", "-u", "root", "-NB", "--unbuffered", "jwtauthd"],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    lock.stdin.write("LOCK TABLES auth_user WRITE, jwtauthd_session WRITE; SELECT 'held';\n")
    lock.stdin.flush()
    lock.stdout.readline()
    answers, credentials = [], {"username": prober["username"], "password": prober["password"]}

    def log_in():
        answers.append(Client(stack.port, 10).post("/api/login/", credentials))

    def show_me():
        answers.append(Client(stack.port, 10).get("/api/sessions/", account["access"]))

    threads = [threading.Thread(target=log_in) for _ in range(logins)] + [threading.Thread(target=show_me) for _ in range(lists)]
    for thread in threads:
        thread.start()
    most, until = 0, time.monotonic() + 0.6  # a statement waits for a lock half of read_timeout
    while time.monotonic() < until:
        most = max(most, waiting(stack))
    lock.communicate("UNLOCK TABLES;\n", timeout=10)
    for thread in threads:
        thread.join(20)
    return most, Counter(a.status or a.broken for a in answers)


class Prober(Background):
    """Logs in all the time, one login after the other."""

    def __init__(self, port, account, over):
        super().__init__(over)
        self.client, self.answers = Client(port, 15), []
        self.credentials = {"username": account["username"], "password": account["password"]}

    def run(self):
        while not self.over.is_set():
            answer = self.client.post("/api/login/", self.credentials)
            self.answers.append(answer)
            time.sleep(0.05)


def outage(suite, stack, name, begin, end, seconds, within=1.0):
    """begin() takes the database away, end() gives it back and returns when that was. `within`: seconds after which a
    login succeeds then."""
    account = an_account(stack.port, name.replace(" ", "-"))
    # Others than the readers': they log in more often than a user may have sessions.
    people = [an_account(stack.port, f"{name.replace(' ', '-')}-{n}") for n in range(5)]
    time.sleep(2.5)  # a worker that has just started has a thread more
    threads = [stack.threads_of(pid) for pid in stack.worker_pids()]
    beside, statuses = side_by_side(stack, account, people[0])
    journal, over = Journal(suite.path(name.replace(" ", "-") + ".journal")), threading.Event()
    writers = Writers(stack, journal, 12, audits=False, prefix=name[:4].strip() + "-", pause=0.2).start()
    readers = [Reader(stack.port, account["access"], over, pause=0.005) for _ in range(4)]
    probers = [Prober(stack.port, person, over) for person in people[1:]]
    for thread in readers + probers:
        thread.start()
    time.sleep(1)

    began = time.monotonic()
    stack.goes_down()
    begin()
    time.sleep(seconds)
    back = end()
    stack.is_back()
    wait_until(lambda: any(a.good and a.came > back for p in probers for a in list(p.answers)), 60, "no login succeeded afterwards", 0.02)
    time.sleep(3)
    over.set()
    failures = writers.stop()
    for thread in readers + probers:
        thread.join(30)
    suite.check(not failures, f"{name}: all writers went on to the end", ", ".join(failures))

    asked = [(e.sent, e.came, e.status) for e in journal.entries if e.came] + \
        [(a.sent, a.came, a.status or a.broken) for p in probers for a in p.answers]
    during = [(sent, came, status) for sent, came, status in asked if came >= began and sent <= back]
    longest = max((came - sent for sent, came, _ in during), default=0)
    told = Counter(status for *_, status in during)
    suite.figure(f"{name}, {back - began:.1f} s: " + ", ".join(f"{n} × {status}" for status, n in told.most_common()))
    bound = READ_TIMEOUT + CONNECT_TIMEOUT
    suite.check(longest <= bound + SLACK, f"{name}: every answer comes within database.read_timeout and connect_timeout ({bound} s)",
                f"the longest took {longest:.2f} s")
    odd = [status for status in told if status not in (200, 201, 204, 503)]
    suite.check(not odd, f"{name}: what cannot be done is answered 503", odd or f"{told[503]} of {len(during)}")
    checks = [a for r in readers for a in r.answers]
    bad = Counter(a.status or a.broken for a in checks if a.status != 200)
    slowest = max(a.seconds for a in checks)
    suite.check(not bad and slowest <= 1.0, f"{name}: token checks are answered 200 at once all the while",
                f"{len(checks)} checks, the longest {slowest * 1e3:.0f} ms, {sum(bad.values())} failed {dict(bad) or ''}")
    first = min((a.came for p in probers for a in p.answers if a.good and a.came > back), default=float("inf")) - back
    last = max((came for _, came, status in asked if came > back and status not in (200, 201, 204)), default=back) - back
    suite.check(first <= within, f"{name}: a login succeeds {within:g} s after it is back", f"{first:.2f} s")
    suite.check(last <= bound + SLACK, f"{name}: and then everything", f"the last failure was answered {last:.2f} s after it was back")

    time.sleep(0.5)
    beside_after, statuses_after = side_by_side(stack, account, people[0])
    suite.check(beside_after >= beside and set(statuses_after) == {200}, f"{name}: no thread was lost",
                f"{beside_after} statements wait side by side, {beside} before; then {dict(statuses_after)}, before {dict(statuses)}")
    threads_after = [stack.threads_of(pid) for pid in stack.worker_pids()]
    suite.check(threads_after == threads, f"{name}: the workers are the same, with as many threads", f"{threads_after}, before {threads}")
    checker.report(suite, journal, stack, name)


def hang(suite):
    with suite.stack("database-hangs", SETTINGS) as stack:
        def end():
            os.kill(stack.database_pid(), signal.SIGCONT)
            return time.monotonic()
        outage(suite, stack, "stopped database", lambda: os.kill(stack.database_pid(), signal.SIGSTOP), end, suite.count(60, 5))


def drop_connections(suite):
    with suite.stack("database-drops", SETTINGS) as stack:
        over = threading.Event()

        def kill_all():
            while not over.wait(0.2):
                for (ident,) in stack.rows("SELECT id FROM information_schema.processlist WHERE user = 'jwtauthd'"):
                    try:
                        stack.rows(f"KILL {ident}")
                    except RuntimeError:
                        pass  # it has gone by itself
        killer = Background(over, target=kill_all)

        def end():
            over.set()
            killer.join()
            return time.monotonic()
        outage(suite, stack, "dropped connections", killer.start, end, suite.count(20, 3))


def go_away(suite):
    with suite.stack("database-gone", SETTINGS) as stack:
        def end():
            stack.start_database()
            return time.monotonic()
        outage(suite, stack, "gone database", lambda: kill_and_wait(stack.database_pid(), signal.SIGTERM), end, suite.count(60, 5))


@contextmanager
def forwarder(directory):
    """127.0.0.1:PORT in this network namespace leads to the database of the stack there."""
    process = subprocess.Popen([sys.executable, Path(__file__).with_name("forward.py"), str(PORT), str(directory / "db/sock")],
                               stdout=subprocess.PIPE, text=True)
    try:
        process.stdout.readline()
        yield
    finally:
        if alive(process.pid):
            process.terminate()
        process.wait()


def packets(verb):
    for way in ("--dport", "--sport"):
        subprocess.run(["iptables", verb, "INPUT", "-i", "lo", "-p", "tcp", way, str(PORT), "-j", "DROP"], check=True)


def drop_packets(suite):
    name = "dropped packets"
    if not suite.namespaces:
        return suite.not_run(name, "it takes root, and a network namespace")
    settings = SETTINGS | {"database.socket": "", "database.host": "127.0.0.1", "database.port": PORT}
    with forwarder(suite.path("database-packets")), suite.stack("database-packets", settings) as stack:
        def end():
            packets("-D")
            return time.monotonic()
        # A connect that is under way when packets pass again has lost its SYN: the kernel sends the next one after a
        # second, or it ends with connect_timeout and the next attempt comes 200 ms later.
        outage(suite, stack, name, lambda: packets("-A"), end, suite.count(60, 5), within=CONNECT_TIMEOUT + 0.2 + 0.3)

        def cut():
            """Ends the connections of the kernel's, without a word of the database."""
            done = subprocess.run(["ss", "-K", "-tn", "state", "established", "dport", "=", f":{PORT}"], capture_output=True, text=True)
            suite.figure(f"ss -K: {max(0, len(done.stdout.splitlines()) - 1)} connections {done.stderr.strip()}")
        outage(suite, stack, "cut connections", cut, time.monotonic, 1)


PARTS = [("database-hangs", "MariaDB is stopped by a signal", hang),
         ("database-drops", "all connections are killed, again and again", drop_connections),
         ("database-packets", "packets from and to MariaDB are dropped", drop_packets),
         ("database-gone", "MariaDB is shut down and comes back", go_away)]
