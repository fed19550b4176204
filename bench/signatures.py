"""Signatures of ours, with the token around them, beside those that `openssl speed` makes and checks."""
import os
import re
import subprocess
from pathlib import Path

from tables import lines_up, ratios, spread
from targets import HERE

ALGORITHMS = {"HS256": None, "ES256": "ecdsa (nistp256)", "RS256": "rsa 2048", "EdDSA": "EdDSA (Ed25519)"}
HASHED = 256  # bytes under an HMAC: about a token's header and claims


def ours(seconds):
    program = Path(os.environ.get("BUILD") or HERE.parent / "build") / "bench/signatures"
    text = subprocess.run([program, str(seconds)], stdout=subprocess.PIPE, text=True, check=True).stdout
    return {name: (float(signed), float(verified)) for name, signed, verified in map(str.split, text.splitlines())}


def openssl(seconds):
    def speed(*what):
        return subprocess.run(["openssl", "speed", "-seconds", str(seconds), *what], text=True, check=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout

    kilobytes = float(re.search(r"(?m)^hmac\(sha256\)\s+([\d.]+)k", speed("-bytes", str(HASHED), "-hmac", "sha256"))[1])
    rates = {"HS256": (kilobytes * 1000 / HASHED,) * 2}
    text = speed("rsa2048", "ecdsap256", "ed25519")
    for name, called in ALGORITHMS.items():
        if called:
            line = next(line for line in text.splitlines() if called in line)
            rates[name] = tuple(map(float, line.split()[-2:]))
    return rates


def run(results):
    mine, theirs = ours(1), openssl(1)
    for name in ALGORITHMS:
        results.setdefault(name, []).append({"signed": mine[name][0], "verified": mine[name][1],
                                             "openssl signed": theirs[name][0], "openssl verified": theirs[name][1]})


def show(results):
    print("\nTokens signed and verified a second, of one core's time; `openssl speed` the signature alone")
    rows = [["", "signed/s", "OpenSSL", "×", "verified/s", "OpenSSL", "×"]]
    for name, runs in results.items():
        row = [name]
        for figure in ("signed", "verified"):
            theirs = [{figure: run["openssl " + figure]} for run in runs]
            row += [spread([run[figure] for run in runs]), spread([run[figure] for run in theirs]),
                    spread(ratios(runs, theirs, figure))]
        rows.append(row)
    lines_up(rows)
