"""Peers that begin and do not go on: half-open FastCGI connections, and HTTP clients in the three manners of slowness
(headers, body, reading the answer). They hold what they hold until they are told to go."""
import errno
import os
import selectors
import socket
import struct
import threading
import time

# FastCGI specification, section 8.
BEGIN_REQUEST, PARAMS, STANDARD_INPUT = 1, 4, 5


def record(kind, content):
    return struct.pack(">BBHHBx", 1, kind, 1, len(content), 0) + content


BEGIN = record(BEGIN_REQUEST, struct.pack(">HB5x", 1, 1))  # a responder, connection kept


def parameters(**pairs):
    return b"".join(bytes([len(n), len(v)]) + n.encode() + v.encode() for n, v in pairs.items())


def question(path):
    """A whole request without a body."""
    params = parameters(REQUEST_METHOD="GET", DOCUMENT_URI=path, REMOTE_ADDR="127.0.0.1")
    return BEGIN + record(PARAMS, params) + record(PARAMS, b"") + record(STANDARD_INPUT, b"")


def half_requests():
    """Beginnings of one login, each cut at another place: in a header, after a record, in a record, in the body."""
    begin = BEGIN
    params = parameters(REQUEST_METHOD="POST", DOCUMENT_URI="/api/login/", CONTENT_TYPE="application/json",
                        CONTENT_LENGTH="400", REMOTE_ADDR="127.0.0.1")
    whole = begin + record(PARAMS, params) + record(PARAMS, b"")
    body = record(STANDARD_INPUT, b'{"username":"half","password":"' + b"x" * 369)
    return [begin[:3], begin, begin + record(PARAMS, params)[:20], whole, (whole + body)[:-100]]


class Peers:
    """So many sockets, and a thread that has each of them send or read a byte now and then."""

    def __init__(self, sockets, pause, step):
        """`step(socket)` is what a socket does every `pause` seconds; None: nothing."""
        self.sockets, self.pause, self.step = sockets, pause, step
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._trickle, daemon=True) if step else None
        if self.thread:
            self.thread.start()

    def _trickle(self):
        while not self.stopping.wait(self.pause / 10):
            # A tenth of them at a time, so that they do not all come at once.
            for peer in self.sockets[int(time.monotonic() * 10 / self.pause) % 10::10]:
                try:
                    self.step(peer)
                except OSError:
                    pass

    def connected(self):
        """How many the other side has not closed: nothing is there to read, or something that is no end."""
        alive = 0
        for peer in self.sockets:
            try:
                alive += peer.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) != b""
            except OSError as error:
                alive += error.errno in (errno.EAGAIN, errno.EWOULDBLOCK)
        return alive

    def go(self):
        self.stopping.set()
        if self.thread:
            self.thread.join()
        for peer in self.sockets:
            peer.close()
        self.sockets = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.go()


def half_open(path, count):
    """`count` connections straight to the workers' socket; they send nothing more."""
    sockets, halves = [], half_requests()
    for i in range(count):
        peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        peer.connect(path)
        peer.sendall(halves[i % len(halves)])
        peer.setblocking(False)
        sockets.append(peer)
    return Peers(sockets, 1, None)


def slow_clients(port, count, manner):
    """`count` HTTP clients, slow with their `headers`, their `body`, or at `reading` the answer."""
    starts = {
        "headers": b"GET /api/dashboard/ HTTP/1.1\r\nHost: 127.0.0.1\r\n",
        "body": b"POST /api/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                b"Content-Length: 4000\r\n\r\n{",
        # More than the sockets of both sides hold, so that nginx has the rest all the time.
        "reading": b"GET /api/schema/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 2,
    }
    steps = {"headers": lambda peer: peer.send(b"X-A: b\r\n"), "body": lambda peer: peer.send(b" "),
             "reading": lambda peer: peer.recv(1)}
    sockets = []
    for _ in range(count):
        peer = socket.socket()
        if manner == "reading":
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        peer.connect(("127.0.0.1", port))
        peer.sendall(starts[manner])
        peer.setblocking(False)
        sockets.append(peer)
    return Peers(sockets, 2, steps[manner])


def wait_closed(peers, seconds):
    """Seconds until the other side has closed them all; None: it has not, in so many."""
    begun, chooser = time.monotonic(), selectors.DefaultSelector()
    for peer in peers.sockets:
        chooser.register(peer, selectors.EVENT_READ)
    left = len(peers.sockets)
    while left and time.monotonic() - begun < seconds:
        for key, _ in chooser.select(0.1):
            try:
                data = key.fileobj.recv(4096)
            except OSError:
                data = b""
            if not data:
                chooser.unregister(key.fileobj)
                left -= 1
    chooser.close()
    return None if left else time.monotonic() - begun


class Question:
    """One request straight to the workers' socket, on a connection of its own that stays."""

    def __init__(self, path, what):
        self.socket, self.text = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM), b""
        self.socket.connect(path)
        self.socket.sendall(question(what))
        self.socket.setblocking(False)

    def answered(self):
        """Whether its answer has come by now."""
        try:
            self.text += self.socket.recv(65536)
        except OSError:
            pass
        return b"Status: 200" in self.text

    def close(self):
        self.socket.close()


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))
