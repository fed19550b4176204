"""What is looked at, in this order, over one cluster. Parts that hit nodes leave all of them members again."""
import threading
import time

import checker
from client import Client
from journal import Journal
from stack import wait_until
from writers import Writers, claims

WRITERS = 16
USED_BY = {1: "which host one uses", 2: "which host two uses", 3: "which nobody uses"}  # after Service.reload()


# ---- helpers ---------------------------------------------------------------------------------------------
class User:
    """One account, made by a front."""

    def __init__(self, client, name):
        self.client, self.name, self.password = client, name, f"{name}-rope-lantern-0"
        answer = client.post("/api/register/", {"username": name, "email": name + "@example.org", "password": self.password})
        if answer.status != 201:
            raise RuntimeError(f"registration of {name}: {answer} {answer.body[:200]!r}")

    def log_in(self, client=None, password=None):
        return (client or self.client).post("/api/login/", {"username": self.name, "password": password or self.password})


def at_once(functions):
    """Runs them in threads that begin together; what each returned."""
    barrier, results = threading.Barrier(len(functions)), [None] * len(functions)

    def one(index, function):
        barrier.wait()
        results[index] = function()
    threads = [threading.Thread(target=one, args=item, daemon=True) for item in enumerate(functions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


class Watch(threading.Thread):
    """Asks one front the same question again and again: what share was answered well, the longest time without."""

    def __init__(self, name, ask, pause=0.02):
        super().__init__(daemon=True)
        self.name, self.ask, self.pause, self.over = name, ask, pause, threading.Event()
        self.asked = self.good = 0
        self.gap, self.slowest, self.since, self.last = 0.0, 0.0, None, None
        self.start()

    def run(self):
        self.since = time.monotonic()
        while not self.over.wait(self.pause):
            answer = self.ask()
            self.asked += 1
            self.slowest = max(self.slowest, answer.seconds)
            if answer.good:
                self.good += 1
                self.gap, self.since = max(self.gap, answer.came - self.since), answer.came
            else:
                self.last = answer

    def stop(self):
        self.over.set()
        self.join(60)
        self.gap = max(self.gap, time.monotonic() - self.since)

    def told(self):
        share = 100 * self.good / self.asked if self.asked else 0
        return (f"{self.name}: {self.good} of {self.asked} answered well ({share:.2f} %), longest gap {self.gap:.2f} s, "
                f"slowest answer {self.slowest:.2f} s" + (f", last failure {self.last}" if self.last else ""))


def availability(journal, since, until):
    """Of what was under way in that time."""
    sent = [e for e in journal.entries if e.sent <= until and e.came and e.came >= since]
    good = sorted(e.came for e in sent if e.outcome == "acknowledged")
    gap = max((b - a for a, b in zip([since, *good], [*good, until])), default=until - since)
    failed = sum(e.outcome == "unknown" for e in sent)
    share = 100 * len(good) / len(sent) if sent else 0
    return f"{len(sent)} writes, {share:.2f} % acknowledged, {failed} unanswered or 5xx, longest time without an acknowledgement {gap:.2f} s", gap


def token_watches(suite):
    """A protected request through each host, whose token ends with nothing that the parts do."""
    watches = []
    for host, front in zip(suite.service.hosts, suite.service.fronts):
        user = User(Client(front.port), f"watch-{host.name}-{time.monotonic_ns()}")
        access = user.log_in().json()["access"]
        client = Client(front.port, 15)
        watches.append(Watch(f"token checks on host {host.name}", lambda c=client, a=access: c.get("/api/dashboard/", a)))
    return watches


def until_written(suite, seconds=30):
    """Until each host takes writes again; returns how long that took."""
    began = time.monotonic()
    for front in suite.service.fronts:
        client = Client(front.port, 15)

        def writes(client=client):
            name = f"probe-{time.monotonic_ns()}"
            return client.post("/api/register/", {"username": name, "email": name + "@example.org", "password": name + "-rope"}).status == 201
        wait_until(writes, seconds, f"no write on the host of port {front.port}", 0.05)
    return time.monotonic() - began


class Load:
    """Writers through both hosts, with token watches, for a part; `fault()` marks when a node is hit."""

    def __init__(self, suite, name):
        self.suite, self.name = suite, name
        self.journal = Journal(suite.directory / f"{name}.journal")
        self.writers = Writers(suite.service, self.journal, WRITERS, prefix=name, pause=0.05)
        self.watches, self.began, self.gaps = [], None, []

    def __enter__(self):
        self.watches = token_watches(self.suite)
        self.writers.start()
        self.began = time.monotonic()
        time.sleep(1)
        return self

    def fault(self, hit, what):
        service, before = self.suite.service, time.monotonic()
        service.begin_outage()
        hit()
        took = until_written(self.suite)
        service.end_outage()
        time.sleep(1.5)
        text, gap = availability(self.journal, before, time.monotonic())
        self.gaps.append(gap)
        self.suite.figure(f"{what}: each host takes writes {took:.2f} s later; {text}")

    def __exit__(self, kind, *_):
        until = time.monotonic()
        failures = self.writers.stop()
        for watch in self.watches:
            watch.stop()
        suite, name = self.suite, self.name
        if kind:
            return
        suite.check(not failures, f"{name}: all writers went on to the end", ", ".join(failures))
        suite.figure(availability(self.journal, self.began, until)[0])
        for watch in self.watches:
            suite.figure(watch.told())
        suite.check(all(w.good == w.asked for w in self.watches), f"{name}: token checks on both hosts were all answered 200",
                    ", ".join(str(w.asked - w.good) for w in self.watches) + " were not")
        late = self.writers.auditor.late
        suite.check(not late, f"{name}: an access token is refused on both hosts a second after its end was acknowledged",
                    f"{len(late)} of {self.writers.auditor.looked_at} were taken")
        for text in late[:5]:
            suite.figure(text)
        checker.report(suite, self.journal, suite.service, name)
        self.journal.close()


def same_on_all_nodes(suite):
    """Row for row, as CHECKSUM TABLE sees it, once all are members."""
    suite.cluster.wait_until_whole()
    tables = [row[0] for row in suite.cluster.nodes[0].rows("SHOW TABLES", "jwtauthd")]
    question = "SET SESSION wsrep_sync_wait=1; CHECKSUM TABLE " + ", ".join(tables)
    seen = {}
    for _ in range(20):  # what polls and purges write goes on
        seen = {node.number: tuple(map(tuple, node.rows(question, "jwtauthd", 60))) for node in suite.cluster.nodes}
        if len(set(seen.values())) == 1:
            break
        time.sleep(0.2)
    differ = [table for table, *others in zip(*seen.values()) if any(o != table for o in others)]
    suite.check(not differ, f"{len(tables)} tables are the same on all three nodes", ", ".join(str(d) for d in differ))


# ---- the parts -----------------------------------------------------------------------------------------
def side_by_side(suite):
    one, two = (Client(front.port, 15) for front in suite.service.fronts)
    user = User(one, "ada")
    pair = user.log_in(two)
    suite.check(pair.status == 200, "an account made on host one logs in on host two", pair)
    stale = 0
    rounds = suite.count(200, 40)
    for number in range(rounds):  # by turns: each refresh on the other host than the one before, at once
        client = (one, two)[number % 2]
        answer = client.post("/api/token/refresh/", {"refresh": pair.json()["refresh"]})
        stale += answer.status != 200
        pair = answer if answer.status == 200 else user.log_in(client)
    suite.check(stale == 0, f"{rounds} refreshes, each on the other host than the one before, are all answered 200", f"{stale} were not")
    worst, rounds = 0.0, suite.count(30, 8)
    for number in range(rounds):
        here, there = (one, two) if number % 2 else (two, one)
        pair = user.log_in(here).json()
        wait_until(lambda: there.get("/api/dashboard/", pair["access"]).status == 200, 5, "a login is not known")
        here.post("/api/logout/", {"refresh": pair["refresh"]})
        worst = max(worst, wait_until(lambda: there.get("/api/dashboard/", pair["access"]).status == 401, 10, "a logout is not known", 0.01))
    suite.check(worst <= 1.0, f"{rounds} logouts are known to the other host within a second", f"at most {worst:.2f} s")
    used = suite.service.reload()
    suite.check(used[0] > 0 and used[1] > 0 and used[2] == 0, "after a reload each host uses the first node of its list alone", f"connections to the nodes: {used}")


def doctor(suite):
    """It tries each server of the list; what it says of one that is gone is looked at, too."""
    def told():
        said = suite.service.doctor()
        return [sum(word in line for line in said) for word in (" is ready.", " cannot be used: ")]
    suite.check(told() == [3, 0], "doctor finds all three servers of database.hosts ready", told())
    third = suite.cluster.nodes[2]
    third.kill()
    suite.check(told() == [2, 1], "and says which one is away", told())
    third.start()
    if not suite.cuttable:
        return suite.not_run("doctor tells a node without its cluster", "needs root")
    suite.cluster.cut(3)
    wait_until(lambda: third.state() and third.state()[0] == "OFF", 30, "the node that is alone goes on", 0.1)
    suite.check(told() == [2, 1], "and which one is without its cluster", told())
    suite.cluster.heal(3)
    suite.cluster.wait_until_whole()


def one_successor(suite):
    """The same refresh token 32 times at once, through both hosts, which are on two nodes."""
    rounds, fronts = suite.count(100, 10), suite.service.fronts
    clients = [Client(fronts[n % 2].port, 20) for n in range(32)]
    user = User(clients[0], "twice")
    two, other, died, successors = 0, 0, 0, 0
    for _ in range(rounds):
        refresh = user.log_in().json()["refresh"]
        answers = at_once([lambda c=c: c.post("/api/token/refresh/", {"refresh": refresh}) for c in clients])
        new = {claims(a.json()["refresh"])["jti"] for a in answers if a.status == 200}
        other += sum(a.status != 200 for a in answers)
        two += len(new) > 1
        successors += len(new)
        last = next((a.json()["refresh"] for a in answers if a.status == 200), refresh)
        died += clients[1].post("/api/token/refresh/", {"refresh": last}).status != 200
    suite.check(two == 0, f"{rounds} refresh tokens, each presented 32 times at once on two hosts and nodes: none has two successors",
                f"{two} had, {successors} successors in all")
    suite.check(died == 0, "and the successor refreshes", f"{died} did not")
    suite.check(other == 0, f"and all {32 * rounds} were answered 200", f"{other} were not")


def password_and_login(suite):
    """A login with the old password on one node while the password is changed on another: none survives."""
    rounds = suite.count(60, 10)
    one, two = (Client(front.port, 20) for front in suite.service.fronts)
    others = [Client(suite.service.fronts[1].port, 20) for _ in range(3)]
    user = User(one, "eve")
    alive = slipped = 0
    for number in range(rounds):
        pair = user.log_in(one).json()
        new = f"eve-rope-lantern-{number + 1}"
        change = lambda: one.post("/api/password/change/", {"old_password": user.password, "new_password": new}, pair["access"])  # noqa: E731
        changed, *logins = at_once([change, *(lambda c=c: user.log_in(c) for c in others)])
        if changed.status != 200:
            suite.figure(f"a change was answered {changed}")
            continue
        for login in logins:
            if login.status == 200:
                slipped += 1
                alive += two.post("/api/token/refresh/", {"refresh": login.json()["refresh"]}).status == 200
        user.password = new
    suite.check(alive == 0, f"{rounds} changes of a password on one host while three logins with the old one run on the other: no session outlives it",
                f"{alive} of {slipped} that began did")


def one_name(suite):
    rounds = suite.count(100, 15)
    clients = [Client(suite.service.fronts[n % 2].port, 20) for n in range(16)]
    wrong = 0
    for number in range(rounds):
        name = f"same-{number}"
        body = {"username": name, "email": name + "@example.org", "password": name + "-rope-lantern"}
        made = [a.status for a in at_once([lambda c=c: c.post("/api/register/", body) for c in clients])].count(201)
        wrong += made != 1
    rows = suite.service.rows("SELECT COUNT(*) FROM auth_user WHERE username LIKE 'same-%'")[0][0]
    suite.check(wrong == 0 and int(rows) == rounds, f"{rounds} names, each registered 16 times at once on two nodes: one 201 and one row each",
                f"{wrong} had another number, {rows} rows")


def killed_nodes(suite):
    kills, nodes = suite.count(6, 2), suite.cluster.nodes
    rejoined = []
    with Load(suite, "kill") as load:
        for number in range(kills):
            node = nodes[number % 3]
            suite.service.reload()
            load.fault(node.kill, f"kill -9 of node {node.number}, {USED_BY[node.number]}")
            rejoined.append(node.start())
            time.sleep(1)
    suite.figure(f"{kills} kills; a node was a member again {max(rejoined):.1f} s after its start at most")
    suite.check(max(load.gaps) <= 10, "some write is acknowledged within 10 s of each kill", f"{max(load.gaps):.2f} s")
    same_on_all_nodes(suite)


def cut_nodes(suite):
    if not suite.cuttable:
        return suite.not_run("a node is cut off from the others", "needs root")
    cuts, nodes = suite.count(4, 1), suite.cluster.nodes
    with Load(suite, "cut") as load:
        for number in range(cuts):
            node = nodes[number % 2]
            suite.service.reload()
            load.fault(lambda node=node: suite.cluster.cut(node.number), f"node {node.number} is cut off, {USED_BY[node.number]}")
            state = wait_until(lambda: node.state() and node.state()[0] == "OFF", 30, "the node that is alone goes on", 0.1)
            suite.figure(f"it knew that it is alone {state:.1f} s later")
            suite.cluster.heal(node.number)
            suite.figure(f"healed, it was a member again after {suite.cluster.wait_until_whole():.1f} s")
            time.sleep(1)
    suite.check(max(load.gaps) <= 10, "some write is acknowledged within 10 s of each cut", f"{max(load.gaps):.2f} s")
    same_on_all_nodes(suite)


def no_majority(suite):
    """Every node alone: nobody may write, what is known is still checked; healed, all goes on by itself."""
    if not suite.cuttable:
        return suite.not_run("every node is cut off", "needs root")
    seconds = suite.count(15, 8)
    with Load(suite, "quorum") as load:
        suite.service.begin_outage()
        suite.cluster.cut(1, 2, 3)
        wait_until(lambda: all(n.state() and n.state()[0] == "OFF" for n in suite.cluster.nodes), 30, "a node alone goes on", 0.1)
        time.sleep(1)
        clients = [Client(front.port, 15) for front in suite.service.fronts]
        slowest, taken, until, asked = 0.0, 0, time.monotonic() + seconds, 0
        while time.monotonic() < until:
            for client in clients:
                asked += 1
                answer = client.post("/api/login/", {"username": "ada", "password": "ada-rope-lantern-0"})
                slowest, taken = max(slowest, answer.seconds), taken + answer.good
            time.sleep(0.1)
        suite.check(taken == 0 and slowest <= 2.0, f"without a majority, {asked} logins are refused within 2 s each", f"{taken} were taken, the slowest took {slowest:.2f} s")
        began = time.monotonic()
        suite.cluster.heal(1, 2, 3)
        suite.cluster.wait_until_whole()
        healed = time.monotonic()
        until_written(suite)
        suite.service.end_outage()
        suite.check(time.monotonic() - healed <= 2.0, "both hosts write again within 2 s of the nodes' being one cluster",
                    f"{time.monotonic() - healed:.2f} s; the nodes took {healed - began:.1f} s")
        time.sleep(1.5)
    same_on_all_nodes(suite)


PARTS = [
    ("hosts", "two hosts, unix socket and TCP, one after the other and by turns", side_by_side),
    ("doctor", "jwtauthctl doctor over three nodes", doctor),
    ("successor", "one refresh token at once on both", one_successor),
    ("password", "a password is changed on one while the other logs in", password_and_login),
    ("name", "one name at once on both", one_name),
    ("kill", f"kill -9 of nodes under {WRITERS} writers", killed_nodes),
    ("cut", f"nodes are cut off under {WRITERS} writers", cut_nodes),
    ("quorum", "every node is alone for a while", no_majority),
]
