"""Processes by record, as tools/stack keeps them, and what /proc says of their time and memory."""
import os
import signal
import subprocess
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
CORES = os.cpu_count() or 1
BOOT = Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def stat(pid):
    """The fields of /proc/PID/stat from the state on; None of a process that is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = text[text.rindex(")") + 2:].split()
    return None if fields[0] in "ZX" else fields


def recorded(pidfile):
    """The pid in a record (pid, start time, boot) if that very process lives."""
    try:
        pid, start, boot = Path(pidfile).read_text().split()
    except (OSError, ValueError):
        return None
    fields = stat(pid)
    return int(pid) if boot == BOOT and fields and fields[19] == start else None


def family(pid):
    """The process and its descendants."""
    children = {}
    for name in os.listdir("/proc"):
        if name.isdigit() and (fields := stat(name)):
            children.setdefault(int(fields[1]), []).append(int(name))
    found, todo = [], [pid] if pid else []
    while todo:
        found.append(todo.pop())
        todo += children.get(found[-1], [])
    return found


def cpu_seconds(pids):
    return sum((int(f[11]) + int(f[12])) / TICKS for f in map(stat, pids) if f)


def machine_seconds():
    """What all cores have worked since boot, time stolen by a hypervisor included."""
    user, nice, system, _, _, irq, softirq, steal = map(int, Path("/proc/stat").read_text().split(None, 9)[1:9])
    return (user + nice + system + irq + softirq + steal) / TICKS


def pss_mib(pids):
    kib = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        kib += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kib / 1024


def terminate(pidfile, sig=signal.SIGTERM):
    """Signals the recorded process and waits; what is still there after 15 s is killed, with its children."""
    pid = recorded(pidfile)
    if pid:
        members = family(pid)
        os.kill(pid, sig)
        deadline = time.monotonic() + 15
        while recorded(pidfile):
            if time.monotonic() > deadline:
                for member in members:
                    if stat(member):
                        os.kill(member, signal.SIGKILL)
            time.sleep(0.005)
    Path(pidfile).unlink(missing_ok=True)


class Service:
    """One process that can be started again as it was."""

    def __init__(self, pidfile, argv=(), env=None, log=None):
        self.pidfile, self.argv, self.env, self.log = Path(pidfile), list(argv), env, log

    @classmethod
    def like_running(cls, pidfile):
        """Of a process that somebody else has started and recorded."""
        proc = Path(f"/proc/{recorded(pidfile)}")
        texts = [(proc / name).read_bytes().decode().rstrip("\0").split("\0") for name in ("cmdline", "environ")]
        return cls(pidfile, texts[0], dict(v.split("=", 1) for v in texts[1]), os.readlink(proc / "fd/1"))

    def start(self):
        with open(self.log, "ab") as log:
            # A session of its own: a Ctrl-C in the terminal ends the driver, and the driver ends this.
            child = subprocess.Popen(self.argv, env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                     start_new_session=True)
        fields = stat(child.pid)
        if fields:
            self.pidfile.write_text(f"{child.pid} {fields[19]} {BOOT}\n")
        self.child = child  # kept, so that nobody reaps and forgets it

    def stop(self):
        terminate(self.pidfile)

    def pid(self):
        return recorded(self.pidfile)

    def family(self):
        return family(self.pid())
