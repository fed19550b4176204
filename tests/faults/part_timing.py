"""Whether an account exists, is active, or has an old hash is in neither the answer of a failed login nor the time that
it takes."""
import base64
import ctypes
import ctypes.util
import hashlib
import random
import re
import time

from accounts import COPIED, PASSWORD, make_accounts
from client import Client
from samples import larger, quantile

FARTHEST = 0.05  # from one half; few samples know it no better than by four times their error
WRONG = "copper-Lantern-85"
ATTEMPTS = 4  # at one account: the fifth failure brings a delay
# The address has as many failures as there are samples.
UNDELAYED = {"throttle.enabled": "true", "throttle.address_failures": 1000000}
CONFIGURED = {  # what passwords are hashed with now, and the hashes that are older
    "argon2id": ({"passwords.hasher": "argon2id"}, {
        "old md5": lambda: digest("md5"),
        "old pbkdf2": lambda: pbkdf2(10000),
        "old argon2id": lambda: argon2(8192, 2)}),
    "pbkdf2_sha256": ({"passwords.hasher": "pbkdf2_sha256", "passwords.pbkdf2_iterations": 260000}, {
        "old iterations": lambda: pbkdf2(120000),
        "old sha1": lambda: digest("sha1")}),
}


def digest(name):
    return f"{name}$oldsalt$" + hashlib.new(name, ("oldsalt" + PASSWORD).encode()).hexdigest()


def pbkdf2(iterations):
    made = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), b"oldsaltoldsaltoldsalt0", iterations)
    return f"pbkdf2_sha256${iterations}$oldsaltoldsaltoldsalt0${base64.b64encode(made).decode()}"


def argon2(kib, passes):
    sodium = ctypes.CDLL(ctypes.util.find_library("sodium"))
    out = ctypes.create_string_buffer(128)
    if sodium.crypto_pwhash_str_alg(out, PASSWORD.encode(), ctypes.c_ulonglong(len(PASSWORD)), ctypes.c_ulonglong(passes),
                                    ctypes.c_size_t(kib * 1024), ctypes.c_int(2)) != 0:
        raise RuntimeError("libsodium made no Argon2id")
    return "argon2" + out.value.decode()


def same_answers(suite, configured):
    settings, older = CONFIGURED[configured]
    with suite.stack("timing", settings | UNDELAYED, DURABILITY="fast") as stack:
        compare(suite, stack, configured, older)


def compare(suite, stack, configured, older):
    samples = suite.count(2000, 200)
    each = -(-samples // ATTEMPTS)
    names = {"wrong password": make_accounts(stack, "wrong", each), "unknown user": [f"nobody{i:04d}" for i in range(each)]}
    source = names["wrong password"][0]

    def copies(prefix, change):
        made = [f"{prefix}{i:04d}" for i in range(each)]
        rows = " UNION ALL ".join(f"SELECT '{name}' n" for name in made)
        stack.rows(f"INSERT INTO auth_user (username, email, password, {COPIED}) SELECT n, CONCAT(n, '@example.org'), "
                   f"password, {COPIED} FROM auth_user, ({rows}) names WHERE username = '{source}'; "
                   f"UPDATE auth_user SET {change} WHERE username LIKE '{prefix}%'")
        return made

    names["inactive, wrong"] = copies("inactive", "is_active = 0")
    names["inactive, right"] = copies("asleep", "is_active = 0")
    for number, (kind, make) in enumerate(older.items()):
        names[kind] = copies(f"old{number}x", f"password = '{make()}'")

    client, took, answers = Client(stack.port), {kind: [] for kind in names}, {kind: set() for kind in names}
    order = list(names)
    for i in range(samples):
        random.shuffle(order)
        for kind in order:
            password = PASSWORD if kind.endswith("right") else WRONG
            body = {"username": names[kind][i % each], "password": password}
            if client.socket is None:
                client.get("/healthz")  # nginx closes a connection after a thousand requests: the next is not the slower for it
            begun = time.perf_counter()
            answer = client.post("/api/login/", body)
            took[kind].append(time.perf_counter() - begun)
            fields = {k: v for k, v in answer.headers.items() if k not in ("date", "x-request-id", "connection")}
            answers[kind].add((answer.status, answer.body, repr(fields)))
    client.close()
    seen = set().union(*answers.values())
    suite.check(len(seen) == 1 and next(iter(seen))[0] == 401, f"{configured}: all failed logins have the same status, headers and body",
                f"{len(seen)} answers: {sorted(seen)[:3]}" if len(seen) > 1 else re.sub(r"\s+", " ", str(next(iter(seen))[:2])))
    for kind, times in took.items():
        suite.figure(f"{configured}: {kind:16} median {quantile(times, .5) * 1e3:7.3f} ms, quartiles {quantile(times, .25) * 1e3:.3f}"
                     f" and {quantile(times, .75) * 1e3:.3f}")
    kinds = list(names)
    for i, one in enumerate(kinds):
        for other in kinds[i + 1:]:
            p, error = larger(took[one], took[other])
            suite.check(abs(p - 0.5) <= max(FARTHEST, 4 * error), f"{configured}: {one} and {other} take the same time",
                        f"P({one} > {other}) = {p:.3f} ± {error:.3f}, {samples} samples")


PARTS = [(f"timing-{name}", f"failed logins look alike, also to a stopwatch, where {name} is configured",
          lambda suite, name=name: same_answers(suite, name)) for name in CONFIGURED]
