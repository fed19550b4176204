"""One client of a bench: a kept connection, and logging in over it."""
import json
import re
import socket

from targets import PASSWORD, name_of


class Connection:
    """One kept connection; requests are sent and answers read in separate steps, so that many can be under way."""

    def __init__(self, port):
        self.port = port
        self.open()

    def open(self):
        self.socket = socket.create_connection(("127.0.0.1", self.port), 30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def send(self, method, path, body=None, token=None):
        data = json.dumps(body).encode() if body is not None else b""
        lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(data)}"]
        lines += ["Content-Type: application/json"] * bool(data) + [f"Authorization: Bearer {token}"] * bool(token)
        self.socket.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + data)

    def answer(self):
        while b"\r\n\r\n" not in self.buffer:
            self.receive()
        head, _, rest = self.buffer.partition(b"\r\n\r\n")
        found = re.search(rb"(?i)content-length: *(\d+)", head)
        length = int(found[1]) if found else 0
        self.buffer = rest
        while len(self.buffer) < length:
            self.receive()
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        if b"connection: close" in head.lower():  # nginx takes a thousand requests from a connection
            self.socket.close()
            self.open()
        return int(head.split()[1]), json.loads(body or b"null")

    def receive(self):
        data = self.socket.recv(65536)
        if not data:
            raise SystemExit("nginx closed a connection")
        self.buffer += data

    def call(self, *request, **more):
        self.send(*request, **more)
        return self.answer()


def login(connection, i):
    status, body = connection.call("POST", "/api/login/", {"username": name_of(i), "password": PASSWORD})
    if status != 200:
        raise SystemExit(f"login: {status} {body}")
    return body
