"""A private stack of tools/stack, whose parts can be hit: MariaDB as durable as in production, workers, nginx.

Everything is in a directory of its own, on a free port, and is stopped at the end whatever happens.
"""
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(SOURCE / "bench"))
from processes import Service, family, recorded, stat  # noqa: E402  (what bench has for processes by record)

# Writers shall be quick: what is looked at is what happens to what they write. The limits of guessing have tests
# of their own. Access tokens outlive a part, so that one that is refused was taken back.
QUICK_WRITERS = {"passwords.hasher": "pbkdf2_sha256", "passwords.pbkdf2_iterations": 1000, "passwords.max_similarity": "0.0",
                 "throttle.enabled": "false", "tokens.access_token_lifetime": "1h"}


def alive(pid):
    return stat(pid) is not None


def kill_and_wait(pid, sig=signal.SIGKILL, seconds=30):
    os.kill(pid, sig)
    wait_until(lambda: not alive(pid), seconds, f"process {pid} did not end")


def wait_until(true, seconds, what, pause=0.005):
    """Returns how long it took; raises when it takes longer."""
    began = time.monotonic()
    while not true():
        if time.monotonic() - began > seconds:
            raise RuntimeError(f"{what} within {seconds} s")
        time.sleep(pause)
    return time.monotonic() - began


class Stack:
    """`settings`: configuration keys, as {"section.key": value}; what is given comes on top of QUICK_WRITERS.
    `environment`: for tools/stack itself, as WORKERS, DURABILITY, BUILD."""

    def __init__(self, directory, settings=None, **environment):
        self.directory = Path(directory)
        drop = ("CONF", "PORT", "LIMITS", "WORKERS", "DURABILITY", "SITE")
        self.env = {k: v for k, v in os.environ.items() if k not in drop and not k.startswith("JWTAUTHD_")}
        self.env |= {"STATE_DIR": str(self.directory), "PORT": "0", "WORKERS": "2"}
        self.env |= {"JWTAUTHD_" + key.replace(".", "_").upper(): str(value)
                     for key, value in (QUICK_WRITERS | (settings or {})).items()}
        self.env |= {name: str(value) for name, value in environment.items()}
        self.database, self.port = None, None
        self.outages, self.lock = [], threading.Lock()  # (down, up) in monotonic times; up is None while it lasts

    # ---- all of it ---------------------------------------------------------------------------------
    def start(self):
        self._tool("start")
        self.database = Service.like_running(self.directory / "db/db.pid")
        self.port = int((self.directory / "port").read_text())
        return self

    def stop(self):
        for pid in [self.database_pid(), *self.worker_pids()]:  # one that is stopped by a signal takes none
            if pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
        if (self.directory / "run").exists():
            self._tool("stop")

    def _tool(self, *words):
        done = subprocess.run([SOURCE / "tools/stack", *words], env=self.env, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"tools/stack {' '.join(words)} failed:\n{done.stdout}{done.stderr}")

    def log(self, name="workers"):
        return (self.directory / f"log/{name}.log").read_text(errors="replace")

    # ---- the database --------------------------------------------------------------------------------
    def rows(self, query, *, user="root", database="jwtauthd"):
        """The rows of a query as lists of texts; NULL is the text NULL."""
        done = subprocess.run(["mariadb", "--no-defaults", "-S", self.directory / "db/sock", "-u", user, "-NB", "--connect-timeout=5",
                               database], input=query, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{query[:200]}: {done.stderr.strip()}")
        return [line.split("\t") for line in done.stdout.splitlines()]

    def value(self, query):
        return self.rows(query)[0][0]

    def durability(self):
        """What a commit and a page are worth: both must be 1, ON."""
        return tuple(self.rows("SELECT @@innodb_flush_log_at_trx_commit, @@innodb_doublewrite")[0])

    def database_pid(self):
        return recorded(self.directory / "db/db.pid")

    def database_answers(self):
        """It greets whoever connects."""
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as peer:
            peer.settimeout(2)
            peer.connect(str(self.directory / "db/sock"))
            return len(peer.recv(5)) == 5
        return False

    def goes_down(self):
        with self.lock:
            self.outages.append([time.monotonic(), None])

    def is_back(self):
        """Notes it; returns when."""
        with self.lock:
            self.outages[-1][1] = time.monotonic()
            return self.outages[-1][1]

    def last_outage_over(self, since):
        """When the last outage that reaches beyond `since` was over; `since` without one; None while it lasts."""
        with self.lock:
            ends = [up for _, up in self.outages if up is None or up > since]
        return None if None in ends else max(ends, default=since)

    def kill_database(self):
        self.goes_down()
        kill_and_wait(self.database_pid())

    def start_database(self, seconds=120):
        """As it was started, without the tool's questions; returns how long it took to answer again."""
        began = time.monotonic()
        self.database.start()
        pid = self.database.child.pid

        def answers():
            if not alive(pid):
                raise RuntimeError("MariaDB did not start again: " + (self.directory / "db/mariadb.log").read_text()[-2000:])
            return self.database_answers()
        wait_until(answers, seconds, "MariaDB did not answer")
        self.is_back()
        return time.monotonic() - began

    # ---- the workers ---------------------------------------------------------------------------------
    def worker_pids(self):
        """In the order of their numbers; of one that is being replaced, the old one or none."""
        pids = []
        for file in sorted((self.directory / "run/worker-pids").glob("*.pid")):
            with contextlib.suppress(OSError, ValueError):
                if alive(pid := int(file.read_text())):
                    pids.append(pid)
        return pids

    def worker_count(self):
        return int(self.env["WORKERS"])

    def restart_workers(self):
        """New processes, which remember nothing. One after the other, so that requests go on."""
        for number in range(1, self.worker_count() + 1):
            self.replace_worker(number, signal.SIGTERM)

    def worker(self, number):
        with contextlib.suppress(OSError, ValueError):
            pid = int((self.directory / f"run/worker-pids/{number}.pid").read_text())
            return pid if alive(pid) else None
        return None

    def replace_worker(self, number, sig=signal.SIGKILL, seconds=30):
        """Returns when the signal was sent. The next one has taken its place on return, and is ready."""
        old, log = self.worker(number), self.directory / "log/workers.log"
        ready_before = log.read_bytes().count(b"ready: serving")
        sent = time.monotonic()
        os.kill(old, sig)
        wait_until(lambda: self.worker(number) not in (None, old), seconds, f"worker {number} was not replaced")
        wait_until(lambda: log.read_bytes().count(b"ready: serving") > ready_before, seconds, f"worker {number} did not become ready", 0.02)
        return sent

    def connections_of(self, pid):
        """How many nginx has to this worker: it has one request at a time on each."""
        out = subprocess.run(["ss", "-Hxp", "state", "established", "src", str(self.directory / "run/fcgi")],
                             capture_output=True, text=True).stdout
        return sum(f"pid={pid}," in line for line in out.splitlines())

    def threads_of(self, pid):
        return len(os.listdir(f"/proc/{pid}/task"))
