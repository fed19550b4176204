#!/usr/bin/env python3
"""Compares a running server with the recorded exchanges of the reference.

exchanges.json holds 336 requests and what Django 3.2 + DRF 3.14 + simplejwt 5.2.2 answered, made
comparable: tokens are described by their claims, ids and dates are masked. deliberate.json holds the
answers in which we differ on purpose, each with its reason; docs/compatibility.md explains them.
An exchange counts as

  equal       the answer is the recorded one (less the additional headers that deliberate.json names)
  deliberate  it is exactly the answer written down in deliberate.json
  different   anything else

The last line reads `equal N, deliberate N, different N`; the exit status is 1 when any is different.

The server must sign with HS256 and --key, speak simplejwt 5.2, write pbkdf2_sha256 with 260,000
iterations and allow e-mail addresses twice (tests/wire/run sets it up so). --sql is a command that
reads SQL on its standard input and prints tab-separated rows.
"""
import argparse
import base64
import difflib
import hashlib
import hmac
import json
import re
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path
from urllib.parse import urlsplit

HERE = Path(__file__).resolve().parent
PASSWORD = "Tr4nscript-horse"
SERVERS = ("base", "rotate", "tiny")
UNCOMPARED_HEADERS = ("date", "server", "connection")
BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_b64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def compact(value):
    return json.dumps(value, separators=(",", ":")).encode()


class Users:
    """The accounts that the exchanges speak of, and their ids."""

    def __init__(self, command):
        self.command, self.ids = command, {}

    def sql(self, text):
        done = subprocess.run(self.command, shell=True, input=text, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"SQL failed: {text[:200]}\n{done.stderr}")
        return done.stdout.strip("\n")

    def remove(self):
        if self.sql("SHOW TABLES LIKE 'token_blacklist_outstandingtoken'"):
            ours = "(u.username LIKE 'tr\\_%' OR o.user_id IS NULL)"
            joined = "token_blacklist_outstandingtoken o LEFT JOIN auth_user u ON o.user_id=u.id"
            self.sql(f"DELETE b FROM token_blacklist_blacklistedtoken b JOIN {joined.replace(' LEFT', ' ON b.token_id=o.id LEFT', 1)} "
                     f"WHERE {ours}; DELETE o FROM {joined} WHERE {ours}")
        self.sql("DELETE FROM auth_user WHERE username LIKE 'tr\\_%'")

    def create(self):
        self.remove()

        def encoded(password, rounds=260000, digest="sha256", salt="transcriptsalt00000000"):
            raw = hashlib.pbkdf2_hmac(digest, password.encode(), salt.encode(), rounds)
            return f"pbkdf2_{digest}${rounds}${salt}${base64.b64encode(raw).decode()}"

        good = encoded(PASSWORD)
        rows = {
            "tr_alice": (good, 1), "tr_inactive": (good, 0), "tr_gone": (good, 1),
            "tr_spaces": (encoded("pass word 9 "), 1), "tr_oldhash": (encoded(PASSWORD, 100000), 1),
            "tr_sha1": (encoded(PASSWORD, 260000, "sha1"), 1), "tr_unusable": ("!" + "x" * 40, 1),
            "tr_garbage": ("not-a-hash", 1), "tr_emptyhash": ("", 1),
        }
        values = ",".join(f"('{h}',NULL,0,'{u}','','','{u}@example.com',0,{active},UTC_TIMESTAMP(6))"
                          for u, (h, active) in rows.items())
        self.sql("INSERT INTO auth_user(password,last_login,is_superuser,username,first_name,last_name,email,"
                 f"is_staff,is_active,date_joined) VALUES {values}")
        for line in self.sql("SELECT id, username FROM auth_user WHERE username LIKE 'tr\\_%'").split("\n"):
            number, name = line.split("\t")
            self.ids[name] = int(number)
        self.sql("DELETE FROM auth_user WHERE username='tr_gone'")


class Tokens:
    """Makes the tokens that the requests carry, from their descriptions."""

    def __init__(self, key, ids):
        self.key, self.ids = key, ids

    def claim(self, value, now):
        if isinstance(value, dict):
            if "$now" in value:
                return now + value["$now"]
            if "$now_text" in value:
                return str(now + value["$now_text"])
            if "$id_text" in value:
                return str(self.ids[value["$id_text"]])
            if "$id" in value:
                return self.ids[value["$id"]] + value.get("plus", 0)
        return value

    def payload(self, spec):
        if "payload" in spec:
            return spec["payload"].encode()
        now, kind = int(time.time()), spec["type"]
        life = spec.get("life", 300 if kind == "access" else 86400)
        claims = {"token_type": kind, "exp": now + life, "iat": now, "jti": uuid.uuid4().hex,
                  "user_id": self.ids[spec.get("user", "tr_alice")]}
        claims.update({k: self.claim(v, now) for k, v in spec.get("set", {}).items()})
        for name in spec.get("drop", ()):
            del claims[name]
        return compact(claims)

    def make(self, spec):
        header = spec.get("header", {"alg": "HS256", "typ": "JWT"})
        signed = b64url(compact(header)) + "." + b64url(self.payload(spec))
        mac = hmac.new(spec.get("key", self.key).encode(), signed.encode(), spec.get("digest", "sha256"))
        token = signed + "." + b64url(mac.digest())
        for name, *arguments in spec.get("then", ()):
            token = getattr(self, name)(token, *arguments)
        return token

    @staticmethod
    def tamper_signature(token):
        return token[:-10] + ("A" if token[-10] != "A" else "B") + token[-9:]

    @staticmethod
    def tamper_payload(token, changes):
        header, payload, signature = token.split(".")
        claims = json.loads(from_b64url(payload))
        claims.update(changes)
        return ".".join((header, b64url(compact(claims)), signature))

    @staticmethod
    def unsigned(token):
        return b64url(b'{"alg":"none","typ":"JWT"}') + "." + token.split(".")[1] + "."

    @staticmethod
    def space_in_signature(token):
        return token[:-5] + " " + token[-5:]

    @staticmethod
    def flip_unused_bit(token):
        return token[:-1] + BASE64URL[BASE64URL.index(token[-1]) ^ 1]

    def describe(self, token, now):
        header, payload, signature = token.split(".")
        names = {number: name for name, number in self.ids.items()}
        try:
            pairs = json.loads(from_b64url(payload), object_pairs_hook=lambda members: members)
            told = []
            for name, value in pairs:
                if name in ("exp", "iat", "nbf") and isinstance(value, (int, float)):
                    # cut to whole seconds, a time lies up to a second before now + n
                    offset = value - now
                    near = min((0, 2, 4, 300, 1000, 86400, -3600), key=lambda n: abs(offset - n + 0.4))
                    told.append(f"{name}=now{near if abs(offset - near + 0.4) <= 2 else offset:+.0f}")
                elif name == "jti" and re.fullmatch("[0-9a-f]{32}", str(value)):
                    told.append("jti=<32 hex>")
                elif name == "user_id" and value in names:
                    told.append(f"user_id=<{names[value]}>")
                else:
                    told.append(f"{name}={json.dumps(value)}")
            mac = hmac.new(self.key.encode(), f"{header}.{payload}".encode(), hashlib.sha256).digest()
            verdict = "" if hmac.compare_digest(signature, b64url(mac)) else " BAD SIGNATURE"
            return f"<JWT {from_b64url(header).decode()} {', '.join(told)}{verdict}>"
        except (ValueError, TypeError, AttributeError):
            return "<JWT unreadable>"


def request_bytes(base, request, fill):
    url = urlsplit(base)
    if "body_base64" in request:
        body = base64.b64decode(request["body_base64"])
    elif "body_run" in request:
        before, character, count, after = request["body_run"]
        body = (before + character * count + after).encode()
    else:
        body = fill(request.get("body", "")).encode()
    has_body = any(name in request for name in ("body", "body_base64", "body_run"))
    lines = [f"{request['method']} {request['path']} HTTP/1.{0 if request.get('http10') else 1}"]
    if not request.get("http10"):
        lines.append(f"Host: {url.netloc}")
    lines += [f"{name}: {fill(value)}" for name, value in request.get("headers", ())]
    if not request.get("chunked") and (has_body or request["method"] in ("POST", "PUT", "PATCH")):
        lines.append(f"Content-Length: {len(body)}")
    lines.append("Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


def exchange(base, message):
    url = urlsplit(base)
    got = b""
    with socket.create_connection((url.hostname, url.port or 80), 30) as connection:
        try:
            connection.sendall(message)
        except OSError:
            pass  # refused before it was read whole: the answer says why
        try:
            while part := connection.recv(65536):
                got += part
        except OSError as error:
            got = got or f"(no answer: {error})".encode()
    return got


def split_answer(raw):
    head, _, body = raw.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    return status, [line.partition(": ")[::2] if ": " in line else (line.rstrip(":"), "") for line in lines], body


def comparable(raw, tokens, now, rows, extra_headers):
    status, headers, body = split_answer(raw)
    told = []
    for name, value in headers:
        name = name.lower()
        if name in UNCOMPARED_HEADERS or re.fullmatch(extra_headers.get(name, "(?!)"), value):
            continue
        if name == "content-length":
            value = "<right>" if not body or int(value) == len(body) else f"<WRONG {value} for {len(body)}>"
        if name == "set-cookie":
            value = value.split("=")[0]
        told.append(f"{name}: {value}")
    text = body.decode("utf-8", "backslashreplace")
    if len(text) > 4000 and any(line.startswith("content-type: text/html") for line in told):
        text = "<page>"
    text = re.sub(r"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]*", lambda found: tokens.describe(found[0], now), text)
    text = re.sub(r'"id":\d+', '"id":<id>', text)
    told = [status, *sorted(told), "", text]
    return "\n".join(told if rows is None else [*told, "SQL: " + rows])


class Run:
    def __init__(self, arguments):
        self.base = arguments.base
        self.users = Users(arguments.sql)
        self.tokens = Tokens(arguments.key, self.users.ids)
        self.kept = {}
        deliberate = json.loads((HERE / "deliberate.json").read_text(encoding="utf-8"))
        self.extra_headers = {name: row["value"] for name, row in deliberate["additional_headers"].items()}
        self.deliberate = deliberate["exchanges"]

    def answer(self, case):
        made = {name: self.tokens.make(spec) for name, spec in case.get("tokens", {}).items()}
        made.update({f"kept:{name}": token for name, token in self.kept.items()})

        def fill(text):
            return re.sub(r"\$\{([\w:]+)\}", lambda found: made.get(found[1], "none"), text)

        time.sleep(case.get("sleep", 0))
        now = time.time()
        raw = exchange(self.base, request_bytes(self.base, case["request"], fill))
        try:
            body = json.loads(split_answer(raw)[2])
            if "id" in body:
                self.users.ids[body["username"]] = body["id"]
            self.kept.update({name: body[field] for name, field in case.get("keep", {}).items()})
        except (ValueError, KeyError, TypeError):
            pass
        rows = self.users.sql(case["sql"]) if "sql" in case else None
        return comparable(raw, self.tokens, now, rows, self.extra_headers)

    def judge(self, case, quiet):
        got = self.answer(case)
        ours = self.deliberate.get(case["id"])
        if got == case["answer"] and ours:
            print(f"DIFFERENT {case['id']}: the answer is the recorded one, so deliberate.json has a row too many")
            return "different"
        if got == case["answer"]:
            return "equal"
        if ours and got == ours["answer"]:
            return "deliberate"
        print(f"DIFFERENT {case['id']}: {case['title']}")
        if not quiet:
            for line in difflib.unified_diff((ours or case)["answer"].split("\n"), got.split("\n"),
                                             "deliberate" if ours else "recorded", "answered", lineterm="", n=0):
                print("    " + line[:600])
        return "different"


def main():
    parser = argparse.ArgumentParser(formatter_class=argparse.RawDescriptionHelpFormatter, description=__doc__)
    parser.add_argument("--base", required=True, help="http://127.0.0.1:PORT")
    parser.add_argument("--sql", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--server", default="base", choices=SERVERS,
                        help="which setup the server has: plain, rotation with blacklist, or lifetimes of 2 s and 4 s")
    parser.add_argument("--only", default="", metavar="REGEX", help="only the exchanges whose id matches")
    parser.add_argument("--quiet", action="store_true", help="ids only, no diffs")
    arguments = parser.parse_args()
    cases = json.loads((HERE / "exchanges.json").read_text(encoding="utf-8"))
    strays = [c["id"] for c in cases if c.get("server", "base") not in SERVERS]
    unknown = json.loads((HERE / "deliberate.json").read_text(encoding="utf-8"))["exchanges"].keys() - {c["id"] for c in cases}
    if strays or unknown:
        sys.exit(f"no such server: {strays}; deliberate, but not recorded: {sorted(unknown)}")
    cases = [c for c in cases if c.get("server", "base") == arguments.server and re.search(arguments.only, c["id"])]
    run = Run(arguments)
    run.users.create()
    try:
        verdicts = [run.judge(case, arguments.quiet) for case in cases]
    finally:
        run.users.remove()
    print(", ".join(f"{kind} {verdicts.count(kind)}" for kind in ("equal", "deliberate", "different")))
    return 1 if "different" in verdicts or not verdicts else 0


if __name__ == "__main__":
    sys.exit(main())
