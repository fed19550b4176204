"""Three MariaDB servers of one Galera cluster on this machine, whose parts can be killed and cut off.

As root each node has a network namespace on a bridge of the suite's own, so that a node can lose the others; otherwise all
of them are on 127.0.0.1, and nothing can be cut. Clients come by unix sockets either way. Nodes never run as root:
state transfers by rsync fail then.
"""
import contextlib
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from stack import alive, kill_and_wait, wait_until

PROVIDERS = ("/usr/lib/galera/libgalera_smm.so", "/usr/lib/libgalera_smm.so", "/usr/lib64/galera/libgalera_smm.so")
# Peers that are silent are suspected after 1.5 s, and gone after 3; Galera's own defaults are 5 s and 15 s.
TIMES = "evs.keepalive_period=PT0.3S;evs.suspect_timeout=PT1.5S;evs.inactive_timeout=PT3S;evs.install_timeout=PT3S"


def provider():
    return next((path for path in PROVIDERS if os.path.exists(path)), None)


def servers_user():
    """Whom a node runs as when we are root."""
    for name in ("mysql", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise RuntimeError("there is no user to run a node as")


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Node:
    def __init__(self, cluster, number):
        self.cluster, self.number = cluster, number
        self.directory = cluster.directory / f"n{number}"
        self.socket = self.directory / "s"
        self.address = f"10.77.0.{number}" if cluster.cuttable else "127.0.0.1"
        self.ports = [4567, 4568, 4444] if cluster.cuttable else free_ports(3)  # group, incremental, whole transfer
        self.child = None

    def configure(self, members):
        (self.directory / "data").mkdir(parents=True)
        (self.directory / "tmp").mkdir()
        self.directory.joinpath("my.cnf").write_text(f"""[mariadbd]
datadir={self.directory}/data
socket={self.socket}
pid-file={self.directory}/pid
log-error={self.directory}/log
tmpdir={self.directory}/tmp
skip-networking
skip-name-resolve
character-set-server=utf8mb4
default-time-zone=+00:00
binlog-format=ROW
default-storage-engine=InnoDB
innodb-autoinc-lock-mode=2
innodb-buffer-pool-size=24M
innodb-log-file-size=8M
innodb-autoextend-increment=1
innodb-flush-log-at-trx-commit=2
table-open-cache=300
max-connections=200
performance-schema=OFF
wsrep-on=ON
wsrep-provider={provider()}
wsrep-cluster-name=jwtauthd-check
wsrep-cluster-address=gcomm://{",".join(f"{n.address}:{n.ports[0]}" for n in members)}
wsrep-node-name=n{self.number}
wsrep-node-address={self.address}:{self.ports[0]}
wsrep-sst-method=rsync
wsrep-sst-receive-address={self.address}:{self.ports[2]}
wsrep-slave-threads=2
wsrep-provider-options="gmcast.listen_addr=tcp://{self.address}:{self.ports[0]};ist.recv_addr={self.address}:{self.ports[1]};gcache.size=32M;{TIMES}"
""")

    def command(self, *more):
        inside = ["ip", "netns", "exec", f"n{self.number}"] if self.cluster.cuttable else []
        as_user = [f"--user={servers_user()}"] if os.geteuid() == 0 else []
        return [*inside, "mariadbd", f"--defaults-file={self.directory}/my.cnf", *as_user, *more]

    def start(self, first=False, seconds=90):
        """Returns how long it took until it was a ready member."""
        began = time.monotonic()
        more = ["--wsrep-new-cluster"] if first else self.position()
        self.socket.unlink(missing_ok=True)
        with open(self.directory / "out", "ab") as out:
            self.child = subprocess.Popen(self.command(*more), stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                          start_new_session=True)

        def ready():
            if self.child.poll() is not None:
                raise RuntimeError(f"node {self.number} did not start: " + (self.directory / "log").read_text()[-3000:])
            return self.state() == ("ON", "Synced")
        wait_until(ready, seconds, f"node {self.number} did not become a member", 0.05)
        return time.monotonic() - began

    def position(self):
        """Where it was, so that it is sent what it has missed rather than everything; as Debian's unit does."""
        if not (self.directory / "data/grastate.dat").exists():
            return []
        log = self.directory / "recovered"
        log.unlink(missing_ok=True)
        subprocess.run(self.command("--wsrep-recover", f"--log-error={log}"), capture_output=True)
        found = re.findall(r"Recovered position:? *(\S+)", log.read_text(errors="replace")) if log.exists() else []
        return [f"--wsrep-start-position={found[-1]}"] if found else []

    def rows(self, query, database="", seconds=10):
        """Without waiting for other nodes, as root; raises when there is no answer."""
        done = subprocess.run(["mariadb", "--no-defaults", "-S", self.socket, "-u", "root", "-NB", "--connect-timeout=5", *([database] if database else [])],
                              input=query, capture_output=True, text=True, timeout=seconds)
        if done.returncode:
            raise RuntimeError(f"node {self.number}: {query[:200]}: {done.stderr.strip()}")
        return [line.split("\t") for line in done.stdout.splitlines()]

    def state(self):
        with contextlib.suppress(RuntimeError, subprocess.TimeoutExpired, OSError):
            told = dict(self.rows("SHOW STATUS WHERE Variable_name IN ('wsrep_ready','wsrep_local_state_comment')"))
            return told.get("wsrep_ready"), told.get("wsrep_local_state_comment")
        return None

    def pid(self):
        with contextlib.suppress(OSError, ValueError):
            pid = int((self.directory / "pid").read_text())
            return pid if alive(pid) else None
        return None

    def kill(self):
        kill_and_wait(self.pid())
        self.child.wait(10)

    def stop(self):
        if self.child and self.child.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.child.pid, signal.SIGTERM)
            try:
                self.child.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(self.child.pid, signal.SIGKILL)
                self.child.wait(10)


class Cluster:
    def __init__(self, directory, cuttable):
        self.directory, self.cuttable = Path(directory), cuttable
        self.nodes = [Node(self, number) for number in (1, 2, 3)]

    def start(self):
        """Returns how long it took from nothing."""
        began = time.monotonic()
        self.directory.mkdir(mode=0o755)
        if self.cuttable:
            self._network()
        for node in self.nodes:
            node.configure(self.nodes)
        self._install()
        for node in self.nodes:
            node.start(first=node is self.nodes[0])
        return time.monotonic() - began

    def _network(self):
        def ip(*words):
            subprocess.run(["ip", *words], check=True)
        ip("link", "add", "galera", "type", "bridge")
        ip("addr", "add", "10.77.0.254/24", "dev", "galera")
        ip("link", "set", "galera", "up")
        for number in (1, 2, 3):
            name = f"n{number}"
            ip("netns", "add", name)
            ip("link", "add", f"to-{name}", "type", "veth", "peer", "name", "eth0", "netns", name)
            ip("link", "set", f"to-{name}", "master", "galera", "up")
            ip("-n", name, "addr", "add", f"10.77.0.{number}/24", "dev", "eth0")
            ip("-n", name, "link", "set", "eth0", "up")
            ip("-n", name, "link", "set", "lo", "up")

    def _install(self):
        user = []
        if os.geteuid() == 0:
            who = pwd.getpwnam(servers_user())
            user = [f"--user={who.pw_name}"]
            for path in [self.directory, *self.directory.rglob("*")]:
                os.chown(path, who.pw_uid, who.pw_gid)
        first = self.nodes[0].directory
        done = subprocess.run(["mariadb-install-db", f"--defaults-file={first}/my.cnf", *user, "--wsrep-on=OFF",
                               "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"],
                              capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)
        for node in self.nodes[1:]:  # a copy, which the first whole transfer replaces
            shutil.copytree(first / "data", node.directory / "data", dirs_exist_ok=True)
            if os.geteuid() == 0:
                subprocess.run(["chown", "-R", servers_user(), node.directory / "data"], check=True)

    def cut(self, *numbers):
        for number in numbers:
            subprocess.run(["ip", "link", "set", f"to-n{number}", "down"], check=True)

    def heal(self, *numbers):
        for number in numbers:
            subprocess.run(["ip", "link", "set", f"to-n{number}", "up"], check=True)

    def wait_until_whole(self, seconds=60):
        return wait_until(lambda: all(node.state() == ("ON", "Synced") for node in self.nodes), seconds,
                          "the nodes did not find each other", 0.1)

    def stop(self):
        if self.cuttable:
            with contextlib.suppress(subprocess.CalledProcessError):
                self.heal(1, 2, 3)
        for node in reversed(self.nodes):
            node.stop()
