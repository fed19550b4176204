#!/usr/bin/env python3
"""tests/fuzz/malformed_requests.py --port N --state DIR [--count N] [--connections N]: malformed HTTP requests through
nginx to a stack that runs in DIR. No answer may be a 5xx (but 501 and 505, nginx's own word for what HTTP has and it
has not: counted apart), the workers keep their pids, and neither memory nor descriptors grow between the first tenth
and the end. The last line reads `N passed, N failed`."""
import argparse
import asyncio
import collections
import glob
import json
import os
import random
import re
import sys

OWN_WORD = (501, 505)  # of nginx: an unknown transfer coding or method, HTTP/2.0 in a request line
MEMORY_KIB = 6144      # a worker's resident memory may grow by so much: arenas of threads that had not been used
DESCRIPTORS = 4
PATIENCE = 0.3  # seconds for an answer to what may be complete

PATHS = ["/api/login/", "/api/register/", "/api/token/refresh/", "/api/token/verify/", "/api/dashboard/", "/api/me/",
         "/api/sessions/x/", "/api/tokens/", "/gateway/", "/.well-known/jwks.json", "/api/schema/", "/healthz", "/"]
TYPES = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "text/xml", "*/*",
         "application/json; charset=\xff", ";;;=", "multipart/form-data", "multipart/form-data; boundary=" + "b" * 300]
BODIES = [b"", b"{", b"[" * 2000, b'{"username":"a","password":' + b"9" * 5000 + b"}", b'"\\ud800"', b"null", b"\xff\xfe",
          b"username=%zz&password=%00&" * 50, b"&" * 3000, b"--b\r\n\r\n\r\n--b", b"--b\r\nContent-Disposition: form-data;"
          b" name=\"username\"\r\n\r\nx\r\n--b--", b"--b\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition:"
          b" form-data; name=\"a\"\r\n\r\n===\r\n--b--", b'{"token":"a.b.c"}', b'{"refresh":{}}', b"\x00" * 400,
          b'{"a":' * 500, b'{"username":"' + b"\xf0\x9f\x98" * 50 + b'"}']
CREDENTIALS = ["Bearer", "Bearer a.b.c", "Bearer " + "e" * 7000, "Basic !!!", "Bearer \xff\xfe", "bearer  x  y", "\x01",
               "Bearer eyJhbGciOiJub25lIn0.eyJleHAiOjk5OTk5OTk5OTl9.", "Digest " + ",".join(["a=b"] * 500)]


def valid(chance):
    """A request that a server understands, the body with its right length."""
    body = chance.choice(BODIES)
    lines = [f"{chance.choice(['GET', 'POST', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'])} {chance.choice(PATHS)} HTTP/1.1",
             "Host: localhost", f"Content-Type: {chance.choice(TYPES)}", f"Content-Length: {len(body)}"]
    if chance.random() < 0.5:
        lines.append(f"Authorization: {chance.choice(CREDENTIALS)}")
    if chance.random() < 0.3:
        lines.append("Accept: " + chance.choice(["*/*;q=x", "application/json;indent=99999999999", ",,,", "a/b", "\xff/*"]))
    if chance.random() < 0.3:
        lines.append("Cookie: " + chance.choice(["__Host-access=a.b.c", ";" * 2000, "=", "a=\"", "__Host-refresh=\xff"]))
    if chance.random() < 0.3:
        lines.append("traceparent: " + chance.choice(["00-0-0-00", "00-" + "0" * 32 + "-" + "0" * 16 + "-01", "zz", "-" * 90]))
    if chance.random() < 0.3:
        lines.append("X-Forwarded-For: " + chance.choice(["::::", "1.2.3.4, " * 100, "\x7f", "999.1.1.1"]))
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


def broken_line(chance):
    line = chance.choice([b"", b"GET", b"GET /", b"GET  / HTTP/1.1", b"G\x00T / HTTP/1.1", b"get / HTTP/1.1", b"BREW / HTTP/1.1",
                          b"GET / HTTP/9.9", b"GET / HTTP/2.0", b"GET / HTTP/1.1x", b"GET http:// HTTP/1.1", b"GET * HTTP/1.1",
                          b"CONNECT a:1 HTTP/1.1", b"TRACE / HTTP/1.1", b"GET /%zz HTTP/1.1", b"GET /%00 HTTP/1.1",
                          b"GET /../../etc HTTP/1.1", b"GET /api/\xff/ HTTP/1.1", b"GET /" + b"a" * 9000 + b" HTTP/1.1",
                          b"GET /api/me/?" + b"%" * 3000 + b" HTTP/1.1", b"\x16\x03\x01\x02\x00\x01\x00", b"\x80\x2e\x01",
                          b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET /healthz\r", b"A" * 20000])
    return line + b"\r\nHost: localhost\r\n\r\n"


def broken_header(chance):
    header = chance.choice([b"no colon", b": no name", b"a b: c", b"X: a\x00b", b"X: a\rb", b" folded: x", b"Host: a\r\nHost: b",
                            b"X: " + b"y" * 40000, b"\xff: \xff", b"Content-Length: -1", b"Content-Length: 1\r\nContent-Length: 2",
                            b"Content-Length: 99999999999999999999", b"Content-Length: x", b"Content-Length: 70000",
                            b"Transfer-Encoding: chunked, gzip", b"Transfer-Encoding: identity", b"Transfer-Encoding: \x0bchunked",
                            b"Transfer-Encoding: chunked\r\nContent-Length: 3", b"Expect: 200-maybe", b"Host:", b"Host: a/b",
                            b"Connection: upgrade\r\nUpgrade: h2c", b"Range: bytes=-,", b"If-Modified-Since: never",
                            b"\r\n".join(b"H%d: x" % i for i in range(2000))])
    return b"POST " + chance.choice(PATHS).encode() + b" HTTP/1.1\r\nHost: localhost\r\n" + header + b"\r\n\r\nabc"


def broken_chunks(chance):
    body = chance.choice([b"zz\r\nx\r\n0\r\n\r\n", b"-1\r\n", b"ffffffffffffffffff\r\n", b"5\r\nab", b"3\r\nabcdef\r\n0\r\n\r\n",
                          b"0\r\nTrailer: x\r\n\r\n", b"1;ext=\x00\r\na\r\n0\r\n\r\n", b"\r\n\r\n", b"11170\r\n" + b"x" * 70000])
    return (b"POST " + chance.choice(PATHS).encode() + b" HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n" + body)


def short_body(chance):
    whole = valid(chance)
    return whole[:chance.randrange(len(whole))]


def mutated(chance):
    data = bytearray(valid(chance))
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(data))
        what = chance.randrange(4)
        if what == 0:
            data[at] ^= 1 << chance.randrange(8)
        elif what == 1:
            data[at:at] = bytes([chance.randrange(256)]) * chance.randint(1, 3)
        elif what == 2:
            del data[at:at + chance.randint(1, 8)]
        else:
            data[at] = chance.choice(b"\r\n\t :\x00%/?")
        data = data or bytearray(b"x")
    return bytes(data)


KINDS = [valid, broken_line, broken_header, broken_chunks, short_body, mutated, mutated]


class Load:
    def __init__(self, port, count, seed):
        self.port, self.left, self.chance = port, count, random.Random(seed)
        self.sent = 0
        self.statuses = collections.Counter()
        self.faults = []

    async def one(self):
        request = self.chance.choice(KINDS)(self.chance)
        answer = b""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError as error:
            self.faults.append((str(error), request))
            return
        try:
            writer.write(request)
            await writer.drain()
            # Who ends his side at once gets no answer from nginx; who never does waits for a half-sent request.
            try:
                answer = await asyncio.wait_for(reader.read(65536), PATIENCE)
            except asyncio.TimeoutError:
                pass
            writer.write_eof()
            async with asyncio.timeout(40):
                while piece := await reader.read(65536):  # a reset must not lose what came before it
                    answer += piece
        except TimeoutError:  # an OSError, too
            self.statuses["hung"] += 1
            self.faults.append(("hung", request))
        except OSError:
            self.statuses["reset"] += 1
        finally:
            writer.transport.abort()
        statuses = [int(s) for s in re.findall(rb"(?:^|\n|}|>)HTTP/1\.[01] (\d\d\d) ", answer)]
        if not statuses:
            self.statuses["closed without an answer"] += 1
        for status in statuses:
            self.statuses[status] += 1
            if status >= 500 and status not in OWN_WORD:
                self.faults.append((status, request))

    async def connection(self):
        while self.left > 0:
            self.left -= 1
            await self.one()
            self.sent += 1

    async def run(self, connections, at_tenth):
        tenth = self.left // 10
        tasks = [asyncio.create_task(self.connection()) for _ in range(connections)]
        while self.sent < tenth and not any(task.done() for task in tasks):
            await asyncio.sleep(0.02)
        seen = at_tenth()
        await asyncio.gather(*tasks)
        return seen


def processes(state):
    """pid → name, of nginx's and our workers."""
    with open(f"{state}/run/workers.pid") as record, open(f"{state}/run/nginx.pid") as web:
        parents = {record.read().split()[0]: "worker", web.read().split()[0]: "nginx"}
    found = {}
    for path in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(path) as stat:
                fields = stat.read().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[1] in parents and fields[0] != "Z":
            found[path.split("/")[2]] = parents[fields[1]]
    return found


def held(pid):
    with open(f"/proc/{pid}/status") as status:
        resident = int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))
    return resident, len(os.listdir(f"/proc/{pid}/fd"))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state", required=True)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--connections", type=int, default=128)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    load = Load(options.port, options.count, options.seed)
    before = processes(options.state)
    early = asyncio.run(load.run(options.connections, lambda: {pid: held(pid) for pid in before}))
    # What nginx still has open goes with its connections.
    for _ in range(100):
        late = {pid: held(pid) for pid in before if os.path.exists(f"/proc/{pid}")}
        if all(late[pid][1] <= early[pid][1] for pid in late):
            break
        asyncio.run(asyncio.sleep(0.1))
    after = processes(options.state)

    failed = 0

    def verdict(good, text):
        nonlocal failed
        failed += not good
        print(("" if good else "FAILED ") + text, flush=True)

    told = ", ".join(f"{status}: {count}" for status, count in sorted(load.statuses.items(), key=str))
    own = sum(load.statuses[status] for status in OWN_WORD)
    errors = sum(count for status, count in load.statuses.items() if isinstance(status, int) and status >= 500) - own
    verdict(load.sent == options.count, f"malformed requests {load.sent}; answers {told}")
    verdict(errors == 0, f"5xx {errors} (nginx's own 501 and 505, counted apart: {own})")
    verdict(not load.faults, f"hung or refused connections and 5xx {len(load.faults)}")
    for what, request in load.faults[:5]:
        print(f"  {what}: {json.dumps(request[:600].decode('latin-1'))}")
    verdict(before == after and before, f"processes unchanged: {len(before)} before, {len(set(before) & set(after))} of them after")
    for pid, name in sorted(before.items()):
        if pid not in late:
            verdict(False, f"{name} {pid}: has ended")
            continue
        memory, descriptors = late[pid][0] - early[pid][0], late[pid][1] - early[pid][1]
        verdict(memory <= MEMORY_KIB and descriptors <= DESCRIPTORS,
                f"{name} {pid}: resident {early[pid][0]} → {late[pid][0]} KiB, descriptors {early[pid][1]} → {late[pid][1]}")
    total = 4 + len(before)
    print(f"{total - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
