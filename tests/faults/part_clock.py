"""The clock is set a day ahead, back, a day behind, and right again: of the workers alone, and of the whole machine."""
import os
import re
import subprocess
import threading
import time
from collections import Counter
from glob import glob

from client import Client

LIBRARY = "/usr/lib/*/faketime/libfaketimeMT.so.1"
SETTINGS = {"tokens.access_token_lifetime": "5m", "throttle.enabled": "true", "throttle.account_failures": 3}
PASSWORD = "ferry-rope-lantern-7"


class Clock:
    """What a file says that libfaketime reads at each call; monotonic time goes on as ever."""

    def __init__(self, directory, library):
        directory.mkdir(parents=True, exist_ok=True)
        self.file = directory / "time"
        self.preload = (f"LD_PRELOAD={library} FAKETIME_TIMESTAMP_FILE={self.file} FAKETIME_NO_CACHE=1 "
                        "FAKETIME_DONT_FAKE_MONOTONIC=1 FAKETIME_DONT_RESET=1")
        self.set("+0")

    def set(self, offset):
        new = self.file.with_suffix(".new")
        new.write_text(offset + "\n")
        os.replace(new, self.file)

    def wrap(self, directory, name, program):
        """DIRECTORY/NAME runs the program by this clock."""
        directory.mkdir(parents=True, exist_ok=True)
        wrapper = directory / name
        wrapper.write_text(f'#!/bin/sh\nexec env {self.preload} {program} "$@"\n')
        wrapper.chmod(0o755)


class People:
    """Who does what in this part; each request is noted with how long it took."""

    def __init__(self, port):
        self.clients, self.longest, self.broken = [Client(port, 15) for _ in range(4)], 0.0, []
        self.lock = threading.Lock()

    def call(self, *request, client=0, **more):
        answer = self.clients[client].call(*request, **more)
        with self.lock:
            self.longest = max(self.longest, answer.seconds)
            if answer.status is None or answer.status >= 500:
                self.broken.append(f"{request[:2]}: {answer}")
        return answer

    def register(self, name):
        return self.call("POST", "/api/register/", {"username": name, "email": f"{name}@example.org", "password": PASSWORD})

    def log_in(self, name, password=PASSWORD):
        return self.call("POST", "/api/login/", {"username": name, "password": password})

    def refresh(self, pair):
        return self.call("POST", "/api/token/refresh/", {"refresh": pair["refresh"]})

    def dashboard(self, pair, client=0):
        return self.call("GET", "/api/dashboard/", None, pair["access"], client=client)

    def everywhere(self, pair):
        """The statuses on several connections, which reach all workers."""
        return Counter(self.dashboard(pair, client).status for client in range(4))

    def log_out(self, pair):
        return self.call("POST", "/api/logout/", None, pair["access"])

    def all_works(self, name):
        """What a client does in a day: log in, look, refresh, look, log out and be out. What went wrong."""
        login = self.log_in(name)
        if login.status != 200:
            return f"login {login}"
        pair = login.json()
        steps = [("dashboard", self.dashboard(pair), 200)]
        refreshed = self.refresh(pair)
        steps.append(("refresh", refreshed, 200))
        if refreshed.good:
            pair = refreshed.json()
            steps += [("dashboard again", self.dashboard(pair), 200), ("logout", self.log_out(pair), 200)]
            time.sleep(1)
            steps += [("dashboard afterwards", self.dashboard(pair, client), 401) for client in range(4)]
            steps.append(("refresh afterwards", self.refresh(pair), 401))
        return ", ".join(f"{what} {answer}" for what, answer, wanted in steps if answer.status != wanted)


def last_good(people, pair, seconds):
    """Asks on all connections for so long; when the last 200 was asked for, None when there was none."""
    began, latest = time.monotonic(), [None]

    def ask(client):
        while time.monotonic() < began + seconds:
            answer = people.dashboard(pair, client)
            if answer.status == 200:
                latest[0] = max(latest[0] or 0, answer.sent - began)
    threads = [threading.Thread(target=ask, args=(client,)) for client in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return latest[0]


def step(suite, name, whole_machine):
    library = next(iter(glob(LIBRARY)), None)
    if not library:
        return suite.not_run(f"clock of the {name}", f"there is no {LIBRARY}: tools/deps faults")
    directory, build = suite.path(f"clock-{name}.wrapped"), os.environ["BUILD"]
    clock = Clock(directory, library)
    clock.wrap(directory, "jwtauthd", f"{build}/jwtauthd")
    clock.wrap(directory, "jwtauthctl", f"{build}/jwtauthctl")
    (directory / "tools").mkdir(parents=True, exist_ok=True)
    (directory / "tools/socket_workers").unlink(missing_ok=True)
    (directory / "tools/socket_workers").symlink_to(f"{build}/tools/socket_workers")  # by the right clock
    path = os.environ["PATH"]
    if whole_machine:
        mariadbd = subprocess.run(["sh", "-c", "command -v mariadbd"], capture_output=True, text=True, check=True).stdout.strip()
        clock.wrap(directory / "bin", "mariadbd", mariadbd)
        path = f"{directory / 'bin'}:{path}"
    with suite.stack(f"clock-{name}", SETTINGS, BUILD=directory, PATH=path) as stack:
        walk(suite, stack, clock, name, whole_machine)


def told_now(stack):
    """The workers' clock, by the newest log line."""
    times = re.findall(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", stack.log())
    return times[-1] if times else "?"


def purge(suite, stack, name, when):
    """As the timer does, by the clock of the workers."""
    build = stack.env["BUILD"]
    done = subprocess.run([f"{build}/jwtauthctl", "-c", stack.directory / "jwtauthd.toml", "session", "purge"], env=stack.env,
                          capture_output=True, text=True)
    suite.check(done.returncode == 0, f"{name}, {when}: jwtauthctl session purge", (done.stdout + done.stderr).strip().replace("\n", " "))


def walk(suite, stack, clock, name, whole_machine):
    people, pids = People(stack.port), stack.worker_pids()
    for who in ("ann", "ben", "cat", "dan", "eve"):
        people.register(who)
    suite.check(not (wrong := people.all_works("ann")), f"{name}: all works before", wrong)
    ann, ben = people.log_in("ann").json(), people.log_in("ben").json()
    people.log_out(ben)
    time.sleep(1)

    def refused(pair, when, who):
        seen, again = people.everywhere(pair), people.refresh(pair)
        suite.check(set(seen) == {401} and again.status == 401, f"{name}, {when}: what was ended {who} stays so",
                    f"{dict(seen)}, refresh {again}")

    clock.set("+1d")
    time.sleep(1)
    seen, again = people.everywhere(ann), people.refresh(ann)
    suite.check(set(seen) == {401} and again.status == 401, f"{name}, a day ahead: tokens have expired", f"{dict(seen)}, refresh {again}")
    suite.check(not (wrong := people.all_works("ann")), f"{name}, a day ahead: all works", wrong)
    refused(ben, "a day ahead", "before")
    dan = people.log_in("dan").json()
    suite.check(people.log_out(dan).status == 200, f"{name}, a day ahead: logout")
    guesses = [people.log_in("cat", "wrong-guess-1") for _ in range(5)]
    suite.figure(f"guesses at cat: {[a.status for a in guesses]}, Retry-After {guesses[-1].headers.get('retry-after')}; "
                 f"the workers' log says {told_now(stack)}")
    time.sleep(suite.count(13, 12))  # a worker forgets what has expired every ten seconds
    people.everywhere(ben)
    clock.set("+25h")  # what ended is remembered for a day and a minute
    purge(suite, stack, name, "a day ahead")

    clock.set("+0")
    late = last_good(people, ben, 3)
    suite.check(late is None or late <= 1.0, f"{name}, right again: what was ended is refused within a second",
                "no 200" if late is None else f"the last 200 was asked for after {late * 1e3:.0f} ms")
    refused(ben, "right again", "before")
    refused(dan, "right again", "a day ahead")
    suite.check(not (wrong := people.all_works("ann")), f"{name}, right again: all works", wrong)
    suite.check(people.refresh(ann).status == 200, f"{name}, right again: a session that was begun before is refreshed")
    began = time.monotonic()
    while (answer := people.log_in("cat")).status != 200 and time.monotonic() < began + 15:
        time.sleep(0.5)
    suite.check(answer.status == 200, f"{name}, right again: nobody is locked out for the day",
                f"{answer}, Retry-After {answer.headers.get('retry-after', 'none')}, {time.monotonic() - began:.1f} s later")
    stack.restart_workers()
    refused(ben, "right again, workers restarted", "before")

    clock.set("-1d")
    time.sleep(1)
    refused(ben, "a day behind", "before")
    refused(dan, "a day behind", "a day ahead")
    suite.check(not (wrong := people.all_works("ann")), f"{name}, a day behind: all works", wrong)
    guesses = [people.log_in("eve", "wrong-guess-1") for _ in range(5)]
    ben_behind = people.log_in("ben").json()
    suite.check(people.log_out(ben_behind).status == 200, f"{name}, a day behind: logout")
    purge(suite, stack, name, "a day behind")

    clock.set("+0")
    time.sleep(1)
    refused(ben, "right in the end", "before")
    refused(ben_behind, "right in the end", "a day behind")
    suite.check(not (wrong := people.all_works("ann")), f"{name}, right in the end: all works", wrong)
    suite.check(people.log_in("eve").status == 200, f"{name}, right in the end: nor is anybody locked out")
    suite.check(stack.worker_count() == len(stack.worker_pids()) and "started again" not in stack.log().replace("status 0; started again", ""),
                f"{name}: no worker ended", f"{stack.worker_pids()}, at first {pids}")
    suite.check(not people.broken and people.longest < 5, f"{name}: every request is answered, and none 5xx",
                f"the longest took {people.longest * 1e3:.0f} ms {people.broken[:3] or ''}")


PARTS = [("clock-workers", "the workers' clock is set ±1 day, the database's is right", lambda suite: step(suite, "workers", False)),
         ("clock-machine", "the clock of workers and database is set ±1 day", lambda suite: step(suite, "machine", True))]
