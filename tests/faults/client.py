"""A small HTTP client for writers: one kept connection each, a deadline for each request, and no exceptions: what
a request came to is an Answer, also when it came to nothing."""
import json
import re
import socket
import time


class Answer:
    """status: of the answer; None: there was none, and `broken` says how (timeout, refused, reset, closed, garbled).
    sent, came: monotonic times."""

    __slots__ = ("status", "body", "headers", "broken", "sent", "came")

    def __init__(self, status, body, headers, broken, sent, came):
        self.status, self.body, self.headers, self.broken = status, body, headers, broken
        self.sent, self.came = sent, came

    @property
    def seconds(self):
        return self.came - self.sent

    @property
    def good(self):
        return self.status is not None and 200 <= self.status < 300

    def json(self):
        """What the body says; None of one that is no JSON."""
        try:
            return json.loads(self.body or b"null")
        except ValueError:
            return None

    def __repr__(self):
        return f"{self.status or self.broken} after {self.seconds * 1e3:.0f} ms"


class Broken(Exception):
    pass


class Client:
    """One kept connection to 127.0.0.1, for one thread. `deadline`: seconds that a request may take in all."""

    def __init__(self, port, deadline=15.0, host="127.0.0.1"):
        self.port, self.deadline, self.host = port, deadline, host
        self.socket, self.buffer = None, b""

    def call(self, method, path, body=None, token=None, deadline=None, headers=None):
        sent = time.monotonic()
        until = sent + (deadline or self.deadline)
        try:
            self._send(method, path, body, token, until, headers)
            status, fields, data = self._receive(until)
            return Answer(status, data, fields, None, sent, time.monotonic())
        except Broken as broken:
            self.close()
            return Answer(None, b"", {}, str(broken), sent, time.monotonic())

    def get(self, path, token=None, **more):
        return self.call("GET", path, None, token, **more)

    def post(self, path, body=None, token=None, **more):
        return self.call("POST", path, body, token, **more)

    def delete(self, path, body=None, token=None, **more):
        return self.call("DELETE", path, body, token, **more)

    def close(self):
        if self.socket:
            self.socket.close()
        self.socket, self.buffer = None, b""

    def _send(self, method, path, body, token, until, headers):
        data = json.dumps(body).encode() if body is not None else b""
        lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(data)}"]
        lines += ["Content-Type: application/json"] * bool(data) + [f"Authorization: Bearer {token}"] * bool(token)
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        message = "\r\n".join(lines).encode() + b"\r\n\r\n" + data
        try:
            if self.socket is None:
                self.socket = socket.create_connection((self.host, self.port), self._left(until))
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.socket.settimeout(self._left(until))
            self.socket.sendall(message)
        except OSError as error:
            raise Broken(_word(error)) from None

    def _receive(self, until):
        while b"\r\n\r\n" not in self.buffer:
            self._more(until)
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        if not re.match(r"HTTP/1\.1 \d{3}", lines[0]):
            raise Broken("garbled")
        status = int(lines[0].split()[1])
        data = self._chunked(until) if fields.get("transfer-encoding") == "chunked" else \
            self._exactly(int(fields.get("content-length", 0)) if status not in (204, 304) else 0, until)
        if fields.get("connection", "").lower() == "close":  # nginx takes a thousand requests from a connection
            self.close()
        return status, fields, data

    def _exactly(self, length, until):
        while len(self.buffer) < length:
            self._more(until)
        data, self.buffer = self.buffer[:length], self.buffer[length:]
        return data

    def _chunked(self, until):
        parts = []
        while True:
            while b"\r\n" not in self.buffer:
                self._more(until)
            size, _, self.buffer = self.buffer.partition(b"\r\n")
            try:
                length = int(size.split(b";")[0], 16)
            except ValueError:
                raise Broken("garbled") from None
            part = self._exactly(length + 2, until)
            if length == 0:
                return b"".join(parts)
            parts.append(part[:-2])

    def _more(self, until):
        try:
            self.socket.settimeout(self._left(until))
            data = self.socket.recv(65536)
        except OSError as error:
            raise Broken(_word(error)) from None
        if not data:
            raise Broken("closed")
        self.buffer += data

    @staticmethod
    def _left(until):
        left = until - time.monotonic()
        if left <= 0:
            raise Broken("timeout")
        return left


def _word(error):
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    return "reset" if isinstance(error, (ConnectionResetError, BrokenPipeError)) else f"error {error.errno}"
