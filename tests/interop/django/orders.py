#!/usr/bin/env python3
"""Does with Django's ORM what it reads, a line of Python each, and says `done` when that is committed.

One process that stays, so that the time from the commit to its effect on the other side can be told from the time
that Django takes to start.
"""
import json
import sys
import traceback

import manage  # noqa: F401  where the settings are
import django

django.setup()

from django.contrib.auth.models import User  # noqa: E402

for line in sys.stdin:
    try:
        exec(json.loads(line), {"User": User})  # noqa: S102
        print("done", flush=True)
    except Exception:
        print(json.dumps(traceback.format_exc()), flush=True)
