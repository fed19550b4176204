"""What the writers meant to write, and what they were told of it.

Each write is a line before it is sent, with all that is needed to look for it afterwards, and a line when its outcome is
known. An outcome is one of
  acknowledged  answered 2xx: it must be there for good
  unknown       no answer, or a 5xx: it may be there or not
  refused       answered 4xx: the service says that it did nothing
The lines are kept in memory and appended to a file, which tells what happened when the run itself is killed.
"""
import json
import threading
import time


class Entry:
    """One write. `facts`: what it was about, and what its answer added."""

    __slots__ = ("number", "kind", "facts", "sent", "came", "outcome", "status")

    def __init__(self, number, kind, facts, sent):
        self.number, self.kind, self.facts, self.sent = number, kind, facts, sent
        self.came = self.outcome = self.status = None

    def __getattr__(self, name):
        try:
            return self.facts[name]
        except KeyError:
            raise AttributeError(name) from None

    def __repr__(self):
        told = {name: value for name, value in self.facts.items() if name not in ("access", "refresh", "token")}
        return f"#{self.number} {self.kind} {self.outcome} {self.status} {told}"


class Journal:
    def __init__(self, path):
        self.entries, self.lock, self.acknowledged = [], threading.Lock(), 0
        self.file = open(path, "w", encoding="utf-8", buffering=1)  # a line at a time

    def intend(self, kind, **facts):
        """Before it is sent."""
        with self.lock:
            entry = Entry(len(self.entries), kind, facts, time.monotonic())
            self.entries.append(entry)
            self._write(n=entry.number, at=entry.sent, intends=kind, **facts)
        return entry

    def outcome(self, entry, answer, **facts):
        """After its answer came, or did not. `facts`: what the answer said. Returns the outcome."""
        word = "acknowledged" if answer.good else "refused" if 400 <= (answer.status or 0) < 500 else "unknown"
        with self.lock:
            entry.facts.update(facts)
            entry.came, entry.status = answer.came, answer.status or answer.broken
            entry.outcome = word
            self.acknowledged += word == "acknowledged"
            self._write(n=entry.number, at=entry.came, outcome=word, status=entry.status, **facts)
        return word

    def _write(self, **line):
        self.file.write(json.dumps(line) + "\n")

    def of(self, kind, outcome="acknowledged"):
        """Entries of a kind in the order of their numbers. One that was never told of is unknown."""
        with self.lock:
            return [e for e in self.entries if e.kind == kind and (e.outcome or "unknown") == outcome]

    def counts(self):
        with self.lock:
            told = {"acknowledged": 0, "unknown": 0, "refused": 0}
            for entry in self.entries:
                told[entry.outcome or "unknown"] += 1
        return told

    def close(self):
        self.file.close()
