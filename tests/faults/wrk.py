"""Load by wrk, where Python would be what is measured."""
import json
import os
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
PLAIN = HERE.parent.parent / "bench/load.lua"  # as fast as it goes, answers not told apart
CHAIN = HERE.parent.parent / "bench/chain.lua"  # refreshing: the next request sends what the last one gave
PACED = HERE / "paced.lua"


class Load:
    """One run of wrk against 127.0.0.1:`port`: so many connections for so many seconds. `lines`: bearer tokens of a GET,
    bodies of a POST. `pause`: milliseconds a connection rests before each request (PACED)."""

    running = []

    def __init__(self, port, request, lines, connections, seconds, script=PLAIN, pause=0, names=False):
        self.file = tempfile.NamedTemporaryFile("w", prefix="jwtauthd-faults.", delete=False)
        with self.file:
            self.file.write("\n".join(lines) + "\n")
        environment = dict(os.environ, REQUEST=request, LINES=self.file.name, PAUSE=str(pause))
        environment.pop("NAMES", None)
        if names:
            environment["NAMES"] = "1"
        self.process = subprocess.Popen(
            ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "35s", "-s", script,
             f"http://127.0.0.1:{port}"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.running.append(self)

    def stop(self):
        self.process.kill()
        self.process.wait()
        Path(self.file.name).unlink(missing_ok=True)
        if self in self.running:
            self.running.remove(self)

    def result(self):
        """Waits for its end: requests, rate, refused (other than 2xx and 3xx), broken, p50 and p99 in milliseconds, and with
        PACED statuses."""
        text = self.process.communicate()[0]
        self.stop()
        found = [line for line in text.splitlines() if line.startswith("@@")]
        if not found:
            raise RuntimeError(f"wrk gave no figures:\n{text}")
        figures = json.loads(found[0][2:].replace("nan", "0"))
        figures["rate"] = figures["requests"] / max(figures["seconds"], 1e-6)
        return figures


def stop_all():
    for load in list(Load.running):
        load.stop()
