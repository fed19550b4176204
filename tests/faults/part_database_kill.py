"""MariaDB is killed under 32 writers, again and again: what was acknowledged is there, what was ended stays ended."""
import random
import time

import checker
from journal import Journal
from stack import wait_until
from writers import Writers


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))] if values else 0.0


def kill_database(suite):
    kills = suite.count(50, 5)
    with suite.stack("database-kill") as stack:
        suite.check(stack.durability() == ("1", "1"), "MariaDB runs with innodb_flush_log_at_trx_commit=1 and the double write")
        journal = Journal(suite.path("database-kill.journal"))
        writers = Writers(stack, journal, 32).start()
        chance, restarts, recoveries = random.Random(50), [], []
        for _ in range(kills):
            before = journal.acknowledged
            wait_until(lambda: journal.acknowledged > before, 20, "no write was acknowledged")
            time.sleep(chance.uniform(0.05, 0.5))
            stack.kill_database()
            restarts.append(stack.start_database())
            back, before = time.monotonic(), journal.acknowledged
            wait_until(lambda: journal.acknowledged > before, 20, "no write was acknowledged after the restart")
            recoveries.append(time.monotonic() - back)
        time.sleep(0.5)
        failures = writers.stop()
        suite.check(not failures, "all writers went on to the end", ", ".join(failures))
        suite.figure(f"{kills} kills; MariaDB answered again after {percentile(restarts, .5):.2f} s, at most {max(restarts):.2f} s; "
                     f"a write was acknowledged {percentile(recoveries, .5):.2f} s later, at most {max(recoveries):.2f} s")
        suite.check(max(recoveries) <= 1.0, "the first write is acknowledged a second after MariaDB is back", f"{max(recoveries):.2f} s")
        suite.check(not writers.auditor.late, "access tokens are refused a second after their end was acknowledged",
                    f"{len(writers.auditor.late)} of {writers.auditor.looked_at} were taken")
        for text in writers.auditor.late[:5]:
            suite.figure(text)
        stack.restart_workers()  # so that what they say comes from the tables
        checker.report(suite, journal, stack, f"{kills} kills of MariaDB")


PARTS = [("database-kill", "kill -9 of MariaDB under 32 writers", kill_database)]
