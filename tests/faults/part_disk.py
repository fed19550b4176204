"""The disk of the database is full, the disk of the log is full."""
import os
import re
import shutil
import subprocess
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress

import checker
from client import Client
from journal import Journal
from part_worker_kill import Reader, an_account
from stack import kill_and_wait, wait_until
from writers import Writers


@contextmanager
def file_system(path, mebibytes, kind="ext4"):
    """A small one at `path`, in this run's own mount namespace."""
    image = path.with_name(path.name + ".img")
    path.mkdir(parents=True, exist_ok=True)
    if kind == "ext4":
        with open(image, "wb") as file:
            file.truncate(int(mebibytes * 1024 * 1024))
        subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", "-O", "^has_journal", image], check=True)
        subprocess.run(["mount", "-o", "loop", image, path], check=True)
    else:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={int(mebibytes * 1024)}k,mode=0700", "tmpfs", path], check=True)
    try:
        yield path
    finally:
        for _ in range(100):  # whoever is in it is about to end
            if subprocess.run(["umount", path], capture_output=True).returncode == 0:
                break
            time.sleep(0.05)
        else:
            subprocess.run(["umount", "-l", path])
        image.unlink(missing_ok=True)


def fill(path):
    """Takes the last byte; returns how many it took."""
    taken, size = 0, 1 << 20
    with open(path / "filler", "wb", buffering=0) as file:
        while size >= 512:
            try:
                taken += file.write(b"\0" * size)
            except OSError:
                size //= 2
    return taken


def full_database(suite):
    name = "full disk of the database"
    if not suite.namespaces:
        return suite.not_run(name, "it takes root, and a mount namespace")
    with suite.stack("database-full") as stack:
        stack.stop()
        data = stack.directory / "db/data"
        os.rename(data, stack.directory / "db/data.made")
        with file_system(data, 160):
            shutil.copytree(stack.directory / "db/data.made", data, dirs_exist_ok=True)
            try:
                fill_under_load(suite, stack.start(), data, name)
            finally:
                stack.stop()


def back_again(suite, stack, name):
    """MariaDB ends itself when it cannot roll back (InnoDB: Error (Out of disk space) in rollback). Then it is started
    again here, as systemd does; returns when it was back, None when it had lived on."""
    wait_until(lambda: stack.database_answers() or stack.database_pid() is None, 30, "MariaDB neither answers nor ends")
    with suppress(RuntimeError):  # one that answers may end a moment later: what it rolls back, it rolls back now
        wait_until(lambda: stack.database_pid() is None, 3, "it lives", 0.05)
    if stack.database_pid() is not None:
        suite.figure(f"{name}: MariaDB lived on")
        return None
    stack.goes_down()
    took = stack.start_database()
    fatal = [line for line in (stack.directory / "db/mariadb.log").read_text(errors="replace").splitlines() if "[FATAL]" in line]
    why = fatal[-1].partition("[FATAL] ")[2] if fatal else "no word why"
    suite.figure(f"{name}: MariaDB had ended itself and was started again in {took:.2f} s")
    suite.check(re.search(r"disk space|disk.*full|No space left|rollback", why, re.I), f"{name}: MariaDB says that this is why it ended", why)
    return stack.last_outage_over(0)


def fill_under_load(suite, stack, data, name):
    access = an_account(stack.port)["access"]
    journal, over = Journal(suite.path("database-full.journal")), threading.Event()
    writers = Writers(stack, journal, 16, pause=0.1).start()
    reader = Reader(stack.port, access, over, pause=0.005)
    reader.start()
    time.sleep(1)
    first = len(journal.entries)

    def full():
        return sum(e.outcome == "unknown" for e in journal.entries[first:]) > 200
    filled_at, taken = time.monotonic(), fill(data)
    try:
        took = wait_until(full, 120, "no write failed", 0.05)
    except RuntimeError:
        took = None
    time.sleep(suite.count(10, 2))
    freed_at = time.monotonic()
    (data / "filler").unlink()
    back_at = back_again(suite, stack, name) or freed_at
    wait_until(lambda: any(e.kind == "register" and e.outcome == "acknowledged" and e.came > freed_at for e in journal.entries[first:]),
               60, "no registration succeeded afterwards", 0.01)
    time.sleep(3)
    over.set()
    failures = writers.stop()
    reader.join(30)

    said = Counter(e.status for e in journal.entries if e.came and filled_at <= e.came <= freed_at)
    suite.figure(f"{taken >> 10} KiB were free; writes failed after {took or 0:.1f} s; {freed_at - filled_at:.0f} s in all: "
                 + ", ".join(f"{n} × {status}" for status, n in said.most_common()))
    suite.check(took is not None, f"{name}: writes fail, so that this says something")
    suite.check(not failures, f"{name}: all writers went on to the end", ", ".join(failures))
    suite.check(set(said) <= {200, 201, 204, 503}, f"{name}: what cannot be done is answered 503", dict(said))
    bad = Counter(a.status or a.broken for a in reader.answers if a.status != 200)
    suite.check(not bad, f"{name}: token checks are answered 200 all the while", f"{len(reader.answers)} checks, {dict(bad) or 'none failed'}")
    entries = [e for e in journal.entries if e.came and e.came > back_at]
    back = min((e.came for e in entries if e.kind == "register" and e.outcome == "acknowledged"), default=float("inf")) - back_at
    last = max((e.came for e in entries if e.outcome == "unknown"), default=back_at) - back_at
    suite.check(back <= 1.0, f"{name}: a registration succeeds a second after there is room, and MariaDB",
                f"{back:.2f} s; the last failure after {last:.2f} s")
    checker.report(suite, journal, stack, name, asks=False)
    stack.goes_down()  # and what it has answered is on the disk
    kill_and_wait(stack.database_pid())
    stack.start_database()
    wait_until(lambda: Client(stack.port).get("/readyz").status == 200, 20, "not ready after the restart", 0.05)
    time.sleep(1)  # for the other worker, too
    checker.report(suite, journal, stack, f"{name}, then kill -9")


def full_log(suite):
    name = "full disk of the log"
    if not suite.namespaces:
        return suite.not_run(name, "it takes root, and a mount namespace")
    with suite.stack("log-full") as stack:
        stack.stop()
        with file_system(stack.directory / "log", 0.5, "tmpfs") as log:
            try:
                log_under_load(suite, stack.start(), log, name)
            finally:
                stack.stop()


def log_under_load(suite, stack, log, name):
    access = an_account(stack.port)["access"]
    fill(log)
    pids, journal, over = stack.worker_pids(), Journal(suite.path("log-full.journal")), threading.Event()
    writers = Writers(stack, journal, 8).start()
    readers = [Reader(stack.port, access, over) for _ in range(4)]
    for reader in readers:
        reader.start()
    time.sleep(suite.count(10, 2))
    over.set()
    failures = writers.stop()
    for reader in readers:
        reader.join(30)
    counts, checks = journal.counts(), [a for r in readers for a in r.answers]
    size = (log / "workers.log").stat().st_size
    bad = [a for a in checks if a.status != 200]
    suite.check(counts["unknown"] == counts["refused"] == 0 and not bad and not failures, f"{name}: every request is answered as ever",
                f"{counts['acknowledged']} writes and {len(checks)} checks, {counts['unknown'] + counts['refused'] + len(bad)} failed {failures or ''}")
    longest = max([e.came - e.sent for e in journal.entries if e.came] + [a.seconds for a in checks])
    suite.check(longest < 1.0, f"{name}: nobody waits for the log", f"the longest answer took {longest * 1e3:.0f} ms")
    suite.check(stack.worker_pids() == pids, f"{name}: the workers live")

    kill_and_wait(pids[0])  # one that starts has something to say
    wait_until(lambda: stack.worker(1) not in (None, pids[0]), 10, "the worker was not replaced")
    time.sleep(1)
    clients = [Client(stack.port) for _ in range(8)]
    wrong = [a for a in (c.get("/api/dashboard/", access) for c in clients for _ in range(10)) if a.status != 200]
    suite.check(not wrong and stack.worker(1) is not None, f"{name}: a worker starts and serves", f"{len(wrong)} of 80 failed")

    with suppress(FileNotFoundError):
        (log / "filler").unlink()
    before = (log / "workers.log").stat().st_size
    for client in clients:
        client.get("/api/dashboard/", access)
    time.sleep(1)
    after = (log / "workers.log").stat().st_size
    suite.check(after > before, f"{name}: lines are written again when there is room", f"{size} bytes when it was full, {after - before} more then")
    checker.report(suite, journal, stack, name)


PARTS = [("database-full", "the database's disk is full", full_database), ("log-full", "the log's disk is full", full_log)]
