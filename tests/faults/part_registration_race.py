"""Thirty-two registrations of one name at a time, round after round: one of them gets it."""
import json
import time

from client import Broken, Client

RIVALS = 32
TAKEN = {"username": ["A user with that username already exists."]}


class Rival(Client):
    """Sends now, reads later, so that all of a round are under way at once."""

    def send(self, path, body):
        self.sent, self.until = time.monotonic(), time.monotonic() + self.deadline
        try:
            self._send("POST", path, body, None, self.until, None)
            self.failed = None
        except Broken as broken:
            self.failed = str(broken)

    def answer(self):
        """(status, body); without an answer the status says how."""
        try:
            if self.failed:
                raise Broken(self.failed)
            status, _, data = self._receive(self.until)
            return status, data
        except Broken as broken:
            self.close()
            return str(broken), b""


def fullwidth(text):
    return "".join(chr(ord(c) + 0xFEE0) for c in text)


# How rivals of one round write one name. All forms are one account, by NFKC and by the collation of the column.
SPELLINGS = {
    "one spelling": lambda name, i: name,
    "upper and lower case": lambda name, i: name.upper() if i % 2 else name,
    "compatibility forms": lambda name, i: fullwidth(name) if i % 2 else name,
    "accents": lambda name, i: name.replace("a", "aäá"[i % 3]),
}


def registration_race(suite):
    rounds = suite.count(1000, 40)
    # Durability is no matter here.
    with suite.stack("race", DURABILITY="fast") as stack:
        rivals = [Rival(stack.port, deadline=30) for _ in range(RIVALS)]
        for manner, spell in SPELLINGS.items():
            count = rounds if manner == "one spelling" else max(10, rounds // 10)
            race(suite, stack, rivals, manner, count, lambda name, i, spell=spell: (spell(name, i), f"{name}-{i}@example.org"))
        race(suite, stack, rivals, "one e-mail address, many names", max(10, rounds // 10),
             lambda name, i: (f"{name}-{i}", f"{name}@example.org"), by_email=True)
        for rival in rivals:
            rival.close()


def race(suite, stack, rivals, manner, rounds, form, by_email=False):
    first = next_id(stack)
    odd, unequal, begun = {}, 0, time.monotonic()
    prefix = f"ra{first}a"
    for n in range(rounds):
        name = f"{prefix}{n:04d}"
        for i, rival in enumerate(rivals):
            username, email = form(name, i)
            rival.send("/api/register/", {"username": username, "email": email, "password": "copper-Lantern-84"})
        answers = [rival.answer() for rival in rivals]
        made = sum(status == 201 for status, _ in answers)
        unequal += made != 1
        for status, body in answers:
            expected = status == 201 or (status == 400 and refused_rightly(body, by_email))
            if not expected:
                odd[status, body[:120]] = odd.get((status, body[:120]), 0) + 1
    seconds = time.monotonic() - begun
    rows = int(stack.value(f"SELECT COUNT(*) FROM auth_user WHERE id >= {first}"))
    # A number that an INSERT took and lost: that many rivals were refused by the table itself and not by the look before.
    lost = next_id(stack) - first - rows
    suite.check(unequal == 0 and rows == rounds, f"{RIVALS} registrations at once, {manner}: one 201 and one row a round",
                f"{rounds} rounds, {unequal} with another number of 201, {rows} rows; {lost} refused by the table; {seconds:.0f} s")
    suite.check(not odd, f"{RIVALS} registrations at once, {manner}: the others are told which field",
                "; ".join(f"{count} × {what}" for what, count in odd.items()) or f"{rounds * (RIVALS - 1)} refusals")


def refused_rightly(body, by_email):
    told = json.loads(body)
    return list(told) == ["email"] if by_email else told == TAKEN


def next_id(stack):
    """What the next row will be called."""
    return int(stack.value("SELECT AUTO_INCREMENT FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() "
                         "AND TABLE_NAME = 'auth_user'"))


PARTS = [("registration-race", "32 registrations of one name at a time: one gets it", registration_race)]
