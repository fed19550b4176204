"""Compares a journal with the tables, and with what the service answers: what was acknowledged must be there.

check() reads the tables alone; ask() asks the service. Each finding is (category, text); the categories are the rows of
CATEGORIES. What was not answered may be there or not, but must be one of the two.
"""
import hashlib
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from threading import local

from client import Answer, Client

CATEGORIES = {
    "registration": "acknowledged registrations that are missing, or there twice",
    "login": "acknowledged logins without a session",
    "refresh": "acknowledged refreshes that the session's row does not know",
    "successors": "refresh tokens with two successors",
    "revocation": "acknowledged ends that were reverted",
    "password": "acknowledged passwords that do not hold",
    "token": "acknowledged personal tokens that are missing",
    "ended": "sessions that nobody has ended, and are over",
    "refused": "requests refused that rest on what was acknowledged",
}


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


class Told:
    """What a journal says of each session: its chain of refreshes, and whether it was ended."""

    def __init__(self, journal):
        self.logins = {e.sid: e for e in journal.of("login")}
        self.ended, self.maybe_ended = {}, set()
        for kind in ("logout", "logout_all", "password"):
            for outcome, into in (("acknowledged", self.ended.__setitem__), ("unknown", lambda sid, _: self.maybe_ended.add(sid))):
                for entry in journal.of(kind, outcome):
                    for sid in entry.facts.get("ends", [entry.facts.get("sid")]):
                        into(sid, entry)
        self.successors = defaultdict(dict)  # sid → presented jti → the jtis that were handed out for it
        self.tokens = defaultdict(dict)      # sid → jti → (refresh token, access token)
        for login in self.logins.values():
            self.tokens[login.sid][login.jti] = (login.refresh, login.access)
        for entry in journal.of("refresh"):
            self.successors[entry.sid].setdefault(entry.presented, set()).add(entry.jti)
            self.tokens[entry.sid][entry.jti] = (entry.refresh, entry.access)
        self.unanswered = {(e.sid, e.presented) for e in journal.of("refresh", "unknown")}

    def tip(self, sid):
        """The last acknowledged jti, and how many refreshes led there."""
        jti, length, chain = self.logins[sid].jti, 0, self.successors[sid]
        while jti in chain and length <= len(chain):
            jti, length = min(chain[jti]), length + 1
        return jti, length

    def open_end(self, sid):
        """Whether a refresh of the last acknowledged token may have been done."""
        return (sid, self.tip(sid)[0]) in self.unanswered


def check(journal, stack):
    told, found = Told(journal), []
    users = defaultdict(list)
    for ident, name in stack.rows("SELECT id, username FROM auth_user"):
        users[name].append(ident)
    for entry in journal.of("register"):
        if users[entry.name] != [str(entry.id)]:
            found.append(("registration", f"{entry}: {users[entry.name]}"))
    for entry in journal.of("register", "unknown"):
        if len(users[entry.name]) > 1:
            found.append(("registration", f"{entry}: {users[entry.name]}"))
    _sessions(told, stack, found)
    _personal_tokens(journal, stack, found)
    for presented_of in told.successors.values():
        found += [("successors", f"{jti}: {sorted(next_ones)}") for jti, next_ones in presented_of.items() if len(next_ones) > 1]
    for entry in journal.entries:
        if entry.outcome == "refused" and not _may_be_refused(entry, told):
            found.append(("refused", str(entry)))
    return found


def _may_be_refused(entry, told):
    """What rests on a session that may be over."""
    return entry.facts.get("sid") in told.maybe_ended


def _sessions(told, stack, found):
    query = ("SELECT LOWER(HEX(id)), LOWER(HEX(current_jti)), LOWER(HEX(previous_jti)), generation, revoked_at IS NOT NULL "
             "FROM jwtauthd_session")
    rows = {sid: rest for sid, *rest in stack.rows(query)}
    revoked = {row[0] for row in stack.rows("SELECT LOWER(HEX(session)) FROM jwtauthd_revocation")}
    for sid, login in told.logins.items():
        if sid not in rows:
            found.append(("login", str(login)))
            continue
        current, previous, generation, over = rows[sid]
        if sid in told.ended:
            if over != "1" or sid not in revoked:
                found.append(("revocation", f"{told.ended[sid]}: revoked in its row: {over}, told to workers: {sid in revoked}"))
            continue
        if over == "1":
            if sid not in told.maybe_ended:
                found.append(("ended", str(login)))
            continue
        jti, length = told.tip(sid)
        as_told = current == sha256(jti) and generation == str(length)
        one_on = told.open_end(sid) and previous == sha256(jti) and generation == str(length + 1)
        if not as_told and not one_on:
            found.append(("refresh", f"{login}: {length} refreshes were acknowledged, the row has {generation}"))


def _personal_tokens(journal, stack, found):
    hashes = {row[0] for row in stack.rows("SELECT LOWER(HEX(token_hash)) FROM jwtauthd_personal_token")}
    ended = {e.id for e in journal.of("token_end")}
    maybe = {e.id for e in journal.of("token_end", "unknown")}
    for entry in journal.of("token"):
        there = sha256(entry.token) in hashes
        if entry.id in ended and there:
            found.append(("revocation", str(entry)))
        if entry.id not in ended | maybe and not there:
            found.append(("token", str(entry)))


def ask(journal, port, threads=16, most=3000):
    """Refreshes each session that should live and each that should not, uses access tokens that were ended, and logs
    in with the newest and with former passwords. At most so many of a kind, those that were written last."""
    told, mine = Told(journal), local()

    def client():
        if not hasattr(mine, "client"):
            mine.client = Client(port, 30)
        return mine.client

    questions = (_questions_of_sessions(told, client, most) + _questions_of_passwords(journal, client, most))
    with ThreadPoolExecutor(threads) as pool:
        answers = list(pool.map(lambda question: question(), questions))
    return [finding for finding in answers if finding], Counter(q.kind for q in questions)


class Question:
    """One request and the status that it must have, and what it means when it has another."""

    def __init__(self, kind, category, entry, wanted, request):
        self.kind, self.category, self.entry, self.wanted, self.request = kind, category, entry, wanted, request

    def __call__(self):
        answer = self.request()
        if answer.status == self.wanted:
            return None
        return self.category, f"{self.kind}: {answer} in place of {self.wanted}: {self.entry}"


def _questions_of_sessions(told, client, most):
    questions = []
    for sid, entry in list(told.ended.items())[-most:]:
        if sid not in told.logins:
            continue
        refresh, access = told.tokens[sid][told.tip(sid)[0]]
        questions.append(Question("refresh of an ended session", "revocation", entry, 401,
                                  lambda refresh=refresh: client().post("/api/token/refresh/", {"refresh": refresh})))
        questions.append(Question("access token of an ended session", "revocation", entry, 401,
                                  lambda access=access: client().get("/api/dashboard/", access)))
    living = [sid for sid in told.logins if sid not in told.ended and sid not in told.maybe_ended and not told.open_end(sid)]
    for sid in living[-most:]:
        refresh, access = told.tokens[sid][told.tip(sid)[0]]
        questions.append(Question("access token of a living session", "refused", told.logins[sid], 200,
                                  lambda access=access: client().get("/api/dashboard/", access)))
        questions.append(Question("refresh of a living session", "refused", told.logins[sid], 200,
                                  lambda refresh=refresh: client().post("/api/token/refresh/", {"refresh": refresh})))
    return questions


def _questions_of_passwords(journal, client, most):
    password, former = {}, {}
    for entry in journal.of("register"):
        password[entry.name] = (entry.password, entry)
    for entry in journal.of("password"):
        former[entry.name] = entry.old
        password[entry.name] = (entry.new, entry)
    unknown = {entry.name: entry for entry in journal.of("password", "unknown")}

    def log_in(name, word):
        return lambda: client().post("/api/login/", {"username": name, "password": word})

    def either(name, entry):
        def request():
            answers = [log_in(name, word)() for word in (entry.old, entry.new)]
            good = [a for a in answers if a.status == 200]
            if len(good) == 1:
                return good[0]
            return Answer(None, b"", {}, "both log in" if good else f"neither logs in ({answers})", 0, 0)
        return request

    questions = []
    for name, (word, entry) in list(password.items())[-most:]:
        if name in unknown:
            questions.append(Question("one of two passwords", "password", unknown[name], 200, either(name, unknown[name])))
            continue
        questions.append(Question("newest password", "password", entry, 200, log_in(name, word)))
        if name in former:
            questions.append(Question("former password", "password", entry, 401, log_in(name, former[name])))
    return questions


def report(suite, journal, stack, name, asks=True):
    """The lines of a part: figures, and a check for each category. Returns whether all held."""
    found, asked = check(journal, stack), {}
    if asks:
        more, asked = ask(journal, stack.port)
        found += more
    counts = journal.counts()
    suite.figure(f"{sum(counts.values())} writes: " + ", ".join(f"{n} {word}" for word, n in counts.items()))
    if asked:
        suite.figure("asked afterwards: " + ", ".join(f"{n} × {kind}" for kind, n in asked.items()))
    by_category = defaultdict(list)
    for category, text in found:
        by_category[category].append(text)
    for category, what in CATEGORIES.items():
        texts = by_category[category]
        suite.check(not texts, f"{name}: {what}", len(texts))
        for text in texts[:5]:
            suite.figure(text[:400])
    return not found
