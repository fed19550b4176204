"""Secrets that are used nowhere else, the forms in which they could be found again, and where to look."""
import base64
import re
import threading
import time
import urllib.parse
from pathlib import Path


def forms(secret):
    """The bytes themselves, percent-encoded in both cases, hexadecimal, and what stands for them in base64 of a text around
    them, for each of the three places where they may begin."""
    found = {secret, urllib.parse.quote(secret, safe="").encode(), urllib.parse.quote_plus(secret).encode(), secret.hex().encode()}
    found |= {re.sub(rb"%[0-9A-F]{2}", lambda match: match[0].lower(), form) for form in set(found)}
    for before in range(3):
        skipped = -(-before * 8 // 6) if before else 0  # digits that know of the bytes before
        whole = (before + len(secret)) * 8 // 6  # and those that know of the bytes behind do not count
        for alphabet in (base64.b64encode, base64.urlsafe_b64encode):
            found.add(alphabet(b"\0" * before + secret + b"\0\0")[skipped:whole])
    return sorted(found)


class Canaries:
    def __init__(self):
        self.forms, self.lock = {}, threading.Lock()

    def add(self, name, secret):
        """Returns the secret as it was given."""
        data = secret.encode() if isinstance(secret, str) else secret
        with self.lock:
            self.forms.setdefault(name, set()).update(forms(data))
        return secret

    def found_in(self, data, names=None):
        """The names of those that are in these bytes."""
        with self.lock:
            return sorted(name for name, all_forms in self.forms.items()
                          if (names is None or name in names) and any(form in data for form in all_forms))

    def found_in_files(self, files, names=None):
        """{file: names}, of those that have any."""
        found = {}
        for file in files:
            try:
                if names_there := self.found_in(file.read_bytes(), names):
                    found[str(file)] = names_there
            except OSError:
                pass
        return found


def memory_of(pid):
    """What a process can write and read, piece by piece: what a core would have."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            region, rights, *_ = line.split()
            if not rights.startswith("rw"):
                continue
            begin, end = (int(word, 16) for word in region.split("-"))
            try:
                memory.seek(begin)
                yield memory.read(end - begin)
            except (OSError, OverflowError):
                continue


class Watch:
    """Reads whatever appears in a directory for as long as it is there."""

    def __init__(self, directory, canaries):
        self.directory, self.canaries, self.over = Path(directory), canaries, threading.Event()
        self.files, self.found = set(), {}
        self.thread = threading.Thread(target=self._look, daemon=True)
        self.thread.start()

    def _look(self):
        while not self.over.is_set():
            files = [file for file in self.directory.rglob("*") if file.is_file()]
            self.files.update(map(str, files))
            self.found |= self.canaries.found_in_files(files)
            time.sleep(0.002)

    def end(self):
        self.over.set()
        self.thread.join()
