"""The suite itself must be able to fail: what it looks for is put there, and found."""
import random
import time
from collections import Counter

import checker
from client import Answer
from journal import Journal
from writers import Writers


def change_tables(journal, told):
    """(category, what is done, statements) for what each check of the tables must find."""
    living = [sid for sid in told.logins if sid not in told.ended and sid not in told.maybe_ended]
    refreshed = [sid for sid in living if told.tip(sid)[1] > 0]
    ended = list(told.ended)
    gone = {e.id for e in journal.of("token_end")} | {e.id for e in journal.of("token_end", "unknown")}
    token = next(e for e in journal.of("token") if e.id not in gone)
    session = "UPDATE jwtauthd_session SET {} WHERE id = UNHEX('{}')".format
    return [
        ("registration", "a user's row is deleted", f"DELETE FROM auth_user WHERE id = {journal.of('register')[0].id}"),
        ("login", "a session's row is deleted", f"DELETE FROM jwtauthd_session WHERE id = UNHEX('{living[0]}')"),
        ("refresh", "a refresh is taken back", session("current_jti = previous_jti, generation = generation - 1", refreshed[-1])),
        ("revocation", "an end is taken back", session("revoked_at = NULL", ended[0])),
        ("revocation", "workers are not told of an end", f"DELETE FROM jwtauthd_revocation WHERE session = UNHEX('{ended[-1]}')"),
        ("ended", "a session is ended by nobody", session("revoked_at = NOW(6)", living[1])),
        ("token", "a personal token is deleted", f"DELETE FROM jwtauthd_personal_token WHERE id = UNHEX('{token.id}')"),
    ]


def find_what_was_broken(suite):
    with suite.stack("truth") as stack:
        journal = Journal(suite.path("truth.journal"))
        writers = Writers(stack, journal, 8, audits=False).start()
        time.sleep(3)
        failures = writers.stop()
        found = checker.check(journal, stack)
        suite.check(not failures and not found, "truth: a service that is not hit has lost nothing", failures or found or journal.counts())
        for category, what, statement in change_tables(journal, checker.Told(journal)):
            before = Counter(c for c, _ in checker.check(journal, stack))
            stack.rows(statement)
            after = Counter(c for c, _ in checker.check(journal, stack))
            suite.check(after[category] == before[category] + 1, f"truth: found that {what}", f"{category} {before[category]} → {after[category]}")

        entry = next(e for e in journal.of("refresh"))
        again = journal.intend("refresh", sid=entry.sid, presented=entry.presented)
        journal.outcome(again, Answer(200, b"", {}, None, 0, 0), jti="another", refresh=entry.refresh, access=entry.access)
        refused = journal.intend("logout", sid=entry.sid)
        journal.outcome(refused, Answer(401, b"", {}, None, 0, 0))
        now = Counter(c for c, _ in checker.check(journal, stack))
        suite.check(now["successors"] == 1, "truth: found that a refresh token has two successors", now["successors"])
        suite.check(now["refused"] == 1, "truth: found that a good session was refused", now["refused"])

        before = Counter(text.split(":")[0] for _, text in checker.ask(journal, stack.port)[0])
        names = [e.name for e in journal.of("password")]
        here, there = names[0], names[-1]
        stack.rows(f"UPDATE auth_user h JOIN auth_user t ON t.username = '{there}' SET h.password = t.password WHERE h.username = '{here}'")
        after = Counter(text.split(":")[0] for _, text in checker.ask(journal, stack.port)[0])
        suite.check(after["newest password"] == before["newest password"] + 1, "truth: found that a password does not hold",
                    f"{before['newest password']} → {after['newest password']}")


def find_lost_commits(suite):
    """The same kills as in database-kill, of a MariaDB that writes its log once a second."""
    with suite.stack("truth-durability", DURABILITY="fast") as stack:
        suite.check(stack.durability()[0] == "0", "truth: a MariaDB with innodb_flush_log_at_trx_commit=0", stack.durability())
        suite.check("innodb_flush_log_at_trx_commit is 0" in stack.log(), "truth: the workers' log warns of it")
        journal = Journal(suite.path("truth-durability.journal"))
        writers = Writers(stack, journal, 16, audits=False).start()
        chance = random.Random(3)
        for _ in range(3):
            time.sleep(chance.uniform(0.4, 0.8))
            stack.kill_database()
            stack.start_database()
        time.sleep(0.5)
        writers.stop()
        found = Counter(category for category, _ in checker.check(journal, stack))
        suite.check(found["registration"] + found["login"] > 0, "truth: found that three kills of it lose what was acknowledged", dict(found))


PARTS = [("truth", "the checker finds what is broken on purpose", find_what_was_broken),
         ("truth-durability", "the checker finds commits that a crash has lost", find_lost_commits)]
