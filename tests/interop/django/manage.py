#!/usr/bin/env python3
import os
import sys
from pathlib import Path

# What is measured in bench/ and what is lived with here is one site; this one has more apps.
sys.path.append(str(Path(__file__).resolve().parents[3] / "bench" / "django"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "interop_settings")

if __name__ == "__main__":
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
