"""Writers: threads that live through accounts (register, log in, refresh, log out, change the password, make and end
personal tokens), and journal each write. Each account is one thread's alone, so that what it must find is certain:
what was not answered is asked again or left, and never taken for done.
"""
import base64
import json
import random
import threading
import time

from background import Background
from client import Client

# A refresh that was not answered is asked again with the same token for so long: within sessions.reuse_grace (10 s)
# whoever comes with it gets the same successor.
RETRY_REFRESH = 7.0


def claims(token):
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


class Session:
    """What a client keeps of a login."""

    def __init__(self, pair):
        self.take(pair)
        self.sid = claims(self.access)["sid"]
        self.unanswered_since = None

    def take(self, pair):
        self.access, self.refresh = pair["access"], pair["refresh"]
        self.jti = claims(self.refresh)["jti"]
        self.unanswered_since = None


class Account:
    def __init__(self, name, password):
        self.name, self.password = name, password
        self.sessions, self.sids, self.tokens = [], [], []  # sids: of all logins that were answered


class Writer(Background):
    """`mix`: words of the operations that it chooses from, with their weights."""

    MIX = {"log_in": 3, "refresh": 8, "log_out": 3, "log_out_all": 0.3, "change_password": 1.5, "make_token": 1, "end_token": 1}

    def __init__(self, number, port, journal, over, deadline=15.0, mix=None, prefix="w", pause=0.02,
                 on_ended=None):
        super().__init__(over, name=f"writer-{number}")
        self.number, self.journal, self.prefix = number, journal, prefix
        self.client = Client(port, deadline)
        self.random = random.Random(number)
        self.pause = pause  # mean, after what was not answered
        self.mix = mix or self.MIX
        self.on_ended = on_ended  # told of each access token whose end was acknowledged
        self.lives = 0
        self.failure = None

    def run(self):
        try:
            while not self.over.is_set():
                self.live()
        except Exception as error:  # told at the end: a writer that is gone writes nothing
            self.failure = error
        self.client.close()

    def live(self):
        self.lives += 1
        name = f"{self.prefix}{self.number}-{self.lives}"
        account = Account(name, f"{name}-rope-lantern-0")
        if not self.register(account) or not self.log_in(account):
            return
        words, weights = list(self.mix), list(self.mix.values())
        for _ in range(self.random.randrange(8, 30)):
            if self.over.is_set():
                return
            if not getattr(self, self.random.choices(words, weights)[0])(account):
                return  # what became of it is not known: this account is left as it is

    def write(self, entry, method, path, body=None, token=None, learn=lambda said: {}):
        """Sends what was journaled. The answer when it is an acknowledgement, else None, after a pause."""
        answer = self.client.call(method, path, body, token)
        said = answer.json() if answer.good else None
        try:
            facts = learn(said) if answer.good else {}
        except (KeyError, TypeError, ValueError):
            raise RuntimeError(f"{entry}: an answer of another form: {answer.body[:200]!r}") from None
        outcome = self.journal.outcome(entry, answer, **facts)
        if outcome == "acknowledged":
            return {} if said is None else said
        if outcome == "unknown":
            self.over.wait(self.random.uniform(0.5, 1.5) * self.pause)
        return None

    # ---- each returns False when the account is left --------------------------------------------------
    def register(self, account):
        email = account.name + "@example.org"
        entry = self.journal.intend("register", name=account.name, email=email, password=account.password)
        return self.write(entry, "POST", "/api/register/", {"username": account.name, "email": email, "password": account.password},
                          learn=lambda said: {"id": said["id"]}) is not None

    def log_in(self, account):
        entry = self.journal.intend("login", name=account.name)
        told = self.write(entry, "POST", "/api/login/", {"username": account.name, "password": account.password},
                          learn=lambda said: {"sid": claims(said["access"])["sid"], "jti": claims(said["refresh"])["jti"],
                                              "refresh": said["refresh"], "access": said["access"]})
        if told is not None:
            account.sessions.append(Session(told))
            account.sids.append(account.sessions[-1].sid)
        return True

    def any_session(self, account):
        if not account.sessions:
            self.log_in(account)
        return self.random.choice(account.sessions) if account.sessions else None

    def refresh(self, account):
        session = self.any_session(account)
        if session is None:
            return True
        now = time.monotonic()
        if session.unanswered_since and now - session.unanswered_since > RETRY_REFRESH:
            account.sessions.remove(session)  # what comes now may be taken for a theft
            return True
        entry = self.journal.intend("refresh", sid=session.sid, presented=session.jti)
        told = self.write(entry, "POST", "/api/token/refresh/", {"refresh": session.refresh},
                          learn=lambda said: {"jti": claims(said["refresh"])["jti"], "refresh": said["refresh"], "access": said["access"]})
        if told is not None:
            session.take(told)
        elif entry.outcome == "unknown":
            session.unanswered_since = session.unanswered_since or now
        else:
            account.sessions.remove(session)
        return True

    def log_out(self, account):
        session = self.any_session(account)
        if session is None:
            return True
        account.sessions.remove(session)
        by_header = self.random.random() < 0.5
        entry = self.journal.intend("logout", sid=session.sid, refresh=session.refresh, access=session.access)
        done = self.write(entry, "POST", "/api/logout/", None if by_header else {"refresh": session.refresh},
                          session.access if by_header else None)
        if done is not None and self.on_ended:
            self.on_ended(session.access, entry)
        return True

    def log_out_all(self, account):
        session = self.any_session(account)
        if session is None:
            return True
        accesses = [s.access for s in account.sessions]
        entry = self.journal.intend("logout_all", sid=session.sid, ends=list(account.sids))
        account.sessions = []
        if self.write(entry, "POST", "/api/logout/all/", None, session.access) is not None and self.on_ended:
            for access in accesses:
                self.on_ended(access, entry)
        return True

    def change_password(self, account):
        session = self.any_session(account)
        if session is None:
            return True
        new = f"{account.name}-rope-lantern-{len(account.sids)}-{self.random.randrange(10**6)}"
        ends = [sid for sid in account.sids if sid != session.sid]
        entry = self.journal.intend("password", name=account.name, sid=session.sid, old=account.password, new=new, ends=ends)
        done = self.write(entry, "POST", "/api/password/change/", {"old_password": account.password, "new_password": new}, session.access)
        if done is None:
            return False
        if self.on_ended:
            for other in account.sessions:
                if other is not session:
                    self.on_ended(other.access, entry)
        account.password, account.sessions = new, [session]
        return True

    def make_token(self, account):
        session = self.any_session(account)
        if session is None or len(account.tokens) > 5:
            return True
        entry = self.journal.intend("token", name=account.name, sid=session.sid)
        told = self.write(entry, "POST", "/api/tokens/", {"name": f"token {entry.number}", "expires_in": 86400}, session.access,
                          learn=lambda said: {"id": said["id"], "token": said["token"]})
        if told is not None:
            account.tokens.append((told["id"], told["token"]))
        return True

    def end_token(self, account):
        session = self.any_session(account) if account.tokens else None
        if session is None:
            return True
        ident, token = account.tokens.pop()
        entry = self.journal.intend("token_end", id=ident, token=token)
        self.write(entry, "DELETE", f"/api/tokens/{ident}/", None, session.access)
        return True


class Auditor(Background):
    """Asks with each access token whose end was acknowledged, a second later, on as many connections as reach all
    workers: a 200 is late. The second begins anew when the database has come back: a worker that has lost it cannot know."""

    def __init__(self, stack, asks=4):
        super().__init__(threading.Event(), name="auditor")
        self.stack, self.asks = stack, asks
        self.todo, self.lock, self.failure = [], threading.Lock(), None
        self.clients = [Client(stack.port, 15) for _ in range(asks)]
        self.looked_at, self.unanswered, self.late = 0, 0, []

    def ended(self, access, entry):
        with self.lock:
            self.todo.append((entry.came, access, entry))

    def run(self):
        try:
            self.look()
        except Exception as error:  # told at the end, as a writer's
            self.failure = error

    def abandon(self):
        super().abandon()
        with self.lock:
            self.todo.clear()

    def look(self):
        while not self.over.is_set() or self.todo:
            with self.lock:
                first = self.todo[0] if self.todo else None
            since = first and self.stack.last_outage_over(first[0])
            if since is None or time.monotonic() < since + 1.0:
                if self.over.is_set() and self.stack.last_outage_over(0) is None:
                    return
                time.sleep(0.02)
                continue
            with self.lock:
                if self.todo:
                    self.todo.pop(0)
            self.ask(*first)

    def ask(self, came, access, entry):
        asked = time.monotonic()
        answers = [client.get("/api/dashboard/", access) for client in self.clients]
        if any(a.status == 200 for a in answers):
            over = self.stack.last_outage_over(came)
            if over is None or asked < over + 1.0:  # it went away again meanwhile
                return self.ended_again(came, access, entry)
            self.late.append(f"{entry}: 200 {asked - over:.2f} s later")
        self.looked_at += 1
        self.unanswered += any(a.status not in (200, 401) for a in answers)

    def ended_again(self, came, access, entry):
        with self.lock:
            self.todo.append((came, access, entry))

    def finish(self):
        """Asks what is left to ask. Why it has not looked as it should; empty when it has."""
        self.over.set()
        self.join(60)
        wrong = [str(self.failure or "hangs")] if self.failure or self.is_alive() else []
        if self.todo:
            wrong.append(f"{len(self.todo)} tokens not asked with")
        if self.looked_at == 0:
            wrong.append("asked with no token")
        if self.unanswered > self.looked_at / 10:
            wrong.append(f"{self.unanswered} of {self.looked_at} not answered")
        return [f"{self.name}: {text}" for text in wrong]


class Writers:
    """So many of them, from start() to stop()."""

    def __init__(self, stack, journal, count=32, audits=True, **how):
        self.over = threading.Event()
        self.auditor = Auditor(stack) if audits else None
        ended = self.auditor.ended if audits else None
        self.threads = [Writer(n, stack.port, journal, self.over, on_ended=ended, **how) for n in range(count)]

    def start(self):
        for thread in [*self.threads, *([self.auditor] if self.auditor else [])]:
            thread.start()
        return self

    def stop(self):
        """The failures of writers and auditor themselves; empty when all went on to the end."""
        self.over.set()
        for thread in self.threads:
            thread.join(60)
        wrong = [f"{t.name}: {t.failure or 'hangs'}" for t in self.threads if t.failure or t.is_alive()]
        return wrong + (self.auditor.finish() if self.auditor else [])
