"""Two hosts of workers with nothing in common but database and signing key, and nginx: one before both, one for each."""
import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

from client import Client
from galera import free_ports
from stack import QUICK_WRITERS, SOURCE, wait_until


def toml(settings):
    """{"section.key": value}; a list is an array of texts."""
    sections = {}
    for key, value in settings.items():
        section, name = key.split(".")
        if isinstance(value, list):
            value = "[" + ", ".join(f'"{one}"' for one in value) + "]"
        elif isinstance(value, str) and value not in ("true", "false") and not value.replace(".", "", 1).isdigit():
            value = f'"{value}"'
        sections.setdefault(section, []).append(f"{name} = {value}\n")
    return "".join(f"[{section}]\n{''.join(lines)}" for section, lines in sections.items())


class Part:
    """A process of ours, ended with what it started."""

    def __init__(self, argv, log, env=None):
        with open(log, "ab") as out:
            self.child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, env=env)

    def stop(self, sig=signal.SIGTERM):
        if self.child.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.child.pid, sig)
            try:
                self.child.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self.child.pid, signal.SIGKILL)
                self.child.wait(10)


class Host:
    """`tcp`: its workers listen on ports of a (private) network in place of one shared unix socket."""

    def __init__(self, directory, name, build, key, servers, tcp, settings):
        self.directory, self.name, self.build, self.tcp = Path(directory) / name, name, Path(build), tcp
        self.directory.mkdir(mode=0o700)
        own_key = self.directory / "signing-key.pem"  # the same key, a file of its own
        own_key.write_bytes(Path(key).read_bytes())
        own_key.chmod(0o600)
        self.settings = QUICK_WRITERS | {
            "database.hosts": servers, "database.name": "jwtauthd", "database.user": "jwtauthd",
            "tokens.algorithm": "ES256", "tokens.signing_key_file": str(own_key),
            "metrics.scoreboard": str(self.directory / "scoreboard"),
            "passwords.common_passwords_file": str(SOURCE / "conf/common-passwords.txt")} | settings
        self.listens = [f"tcp:127.0.0.1:{port}" for port in free_ports(2)] if tcp else [str(self.directory / "fcgi")]
        self.upstreams = [one.removeprefix("tcp:") if tcp else f"unix:{one}" for one in self.listens]
        self.parts = []

    def configuration(self, number=0):
        path = self.directory / f"jwtauthd-{number}.toml"
        path.write_text(toml(self.settings | {"server.listen": self.listens[number]}))
        path.chmod(0o600)
        return path

    def start(self):
        log = self.directory / "log"
        env = {name: value for name, value in os.environ.items() if not name.startswith("JWTAUTHD_")}
        if self.tcp:
            for number in range(len(self.listens)):
                self.parts.append(Part([self.build / "jwtauthd", "-c", self.configuration(number)], log, env))
        else:
            self.parts.append(Part([self.build / "tools/socket_workers", self.listens[0], "0660", "2", self.directory / "pids",
                                    "--", self.build / "jwtauthd", "-c", self.configuration()], log, env))
        return self

    def stop(self):
        for part in self.parts:
            part.stop()
        self.parts = []

    def reload(self):
        for part in self.parts:
            os.kill(part.child.pid, signal.SIGHUP)

    def log(self):
        return (self.directory / "log").read_text(errors="replace")


class Front:
    """An nginx with the project's snippets before these upstream servers."""

    def __init__(self, directory, name, upstreams):
        self.directory = Path(directory) / f"nginx-{name}"
        (self.directory / "snippets").mkdir(parents=True)
        (self.directory / "tmp").mkdir()
        self.port = free_ports(1)[0]
        for file in (SOURCE / "nginx").glob("*.conf"):
            (self.directory / "snippets" / file.name).write_text(file.read_text())
        limits = (SOURCE / "nginx/jwtauthd-limits.conf").read_text().splitlines()
        limits = [('limit_req_zone "" ' + line.split(" ", 2)[2]) if line.startswith("limit_req_zone ") else line for line in limits]
        (self.directory / "snippets/jwtauthd-limits.conf").write_text("\n".join(limits) + "\n")
        servers = "".join(f"server {one} max_fails={0 if len(upstreams) == 1 else 1} fail_timeout=1s;\n" for one in upstreams)
        (self.directory / "snippets/jwtauthd-workers.conf").write_text(servers)
        user = "user root;" if os.geteuid() == 0 else ""
        kinds = "".join(f'  {kind}_temp_path "{self.directory}/tmp/{word}";\n' for kind, word in
                        (("client_body", "body"), ("fastcgi", "fastcgi"), ("proxy", "proxy"), ("scgi", "scgi"), ("uwsgi", "uwsgi")))
        self.directory.joinpath("nginx.conf").write_text(f"""{user}
daemon off;
worker_processes 1;
pid "{self.directory}/pid";
error_log "{self.directory}/log" warn;
events {{ worker_connections 2048; }}
http {{
  access_log off;
{kinds}  include snippets/jwtauthd-upstream.conf;
  server {{
    listen 127.0.0.1:{self.port} backlog=4096;
    include snippets/jwtauthd-locations.conf;
    include snippets/jwtauthd-errors.conf;
    location / {{ include snippets/jwtauthd-fastcgi.conf; }}
  }}
}}
""")
        self.part = None

    def start(self):
        self.part = Part(["nginx", "-p", self.directory, "-e", self.directory / "log", "-c", self.directory / "nginx.conf"], self.directory / "out")
        return self

    def stop(self):
        if self.part:
            self.part.stop(signal.SIGQUIT)

    def wait_until_ready(self, seconds=60):
        client = Client(self.port, 5)
        wait_until(lambda: client.get("/readyz").status == 200, seconds, f"{self.directory.name}: not ready", 0.05)


class Service:
    """Cluster, hosts and fronts as what tests/faults has for a stack: port, rows, outages."""

    def __init__(self, suite, cluster, settings=None):
        self.cluster, self.directory, self.outages = cluster, suite.directory / "service", []
        self.directory.mkdir(mode=0o700)
        build, key = os.environ["BUILD"], self.directory / "key.pem"
        subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key], check=True, capture_output=True)
        one, two, three = (str(node.socket) for node in cluster.nodes)
        # Of a host of the unix socket and one of TCP, each begins at another node.
        self.hosts = [Host(self.directory, "one", build, key, [one, two, three], False, settings or {}),
                      Host(self.directory, "two", build, key, [two, three, one], True, settings or {})]
        self.both = Front(self.directory, "both", self.hosts[0].upstreams + self.hosts[1].upstreams)
        self.fronts = [Front(self.directory, host.name, host.upstreams) for host in self.hosts]
        self.port = self.both.port

    def start(self):
        cluster, build = self.cluster, Path(os.environ["BUILD"])
        cluster.nodes[0].rows("CREATE DATABASE jwtauthd CHARACTER SET utf8mb4; CREATE USER jwtauthd@localhost; GRANT ALL ON jwtauthd.* TO jwtauthd@localhost")
        done = subprocess.run([build / "jwtauthctl", "-c", self.hosts[0].configuration(), "migrate"], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError("jwtauthctl migrate: " + done.stdout + done.stderr)
        for part in [*self.hosts, self.both, *self.fronts]:
            part.start()
        for front in [self.both, *self.fronts]:
            front.wait_until_ready()
        return self

    def stop(self):
        for part in [self.both, *self.fronts, *self.hosts]:
            part.stop()

    def reload(self):
        """Each host begins at the first node of its list again: one at node 1, two at node 2, nobody at node 3. All of them
        must be members. Returns how many connections the nodes have then."""
        for host in self.hosts:
            host.reload()

        def connections():
            question = "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'jwtauthd'"
            return [int(node.rows(question)[0][0]) for node in self.cluster.nodes]

        def spread():
            one, two, three = connections()
            return one > 0 and two > 0 and three == 0
        wait_until(spread, 30, "a reload did not go back to the first nodes", 0.1)
        time.sleep(0.5)  # workers that were built anew know no user yet
        return connections()

    def doctor(self):
        """The lines of jwtauthctl doctor that are about database.hosts."""
        said = subprocess.run([Path(os.environ["BUILD"]) / "jwtauthctl", "-c", self.hosts[0].configuration(), "doctor"],
                              capture_output=True, text=True, timeout=120).stdout
        return [line for line in said.splitlines() if "Of database.hosts" in line]

    # ---- what writers, auditor and checker ask of a stack ----
    def rows(self, query):
        for node in self.cluster.nodes:
            if node.state() == ("ON", "Synced"):
                return node.rows("SET SESSION wsrep_sync_wait=1; " + query, "jwtauthd", 60)
        raise RuntimeError("no node is ready")

    def last_outage_over(self, since):
        ends = [up for _, up in self.outages if up is None or up > since]
        return None if None in ends else max(ends, default=since)

    def begin_outage(self):
        self.outages.append([time.monotonic(), None])

    def end_outage(self):
        self.outages[-1][1] = time.monotonic()
