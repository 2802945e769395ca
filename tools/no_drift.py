#!/usr/bin/env python3
"""Fail when a model has changed and no migration says so, or the page of the seed is stale."""

from __future__ import annotations

import os
import sys
import tempfile

os.environ["LIENTHONG_TESTING"] = "1"
os.environ["LIENTHONG_HOME"] = tempfile.gettempdir()
# Comparing models with migration files needs no database, and none listens here.
os.environ["LIENTHONG_DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/none"
os.environ["DJANGO_SETTINGS_MODULE"] = "lienthong.conf.settings"


def main() -> int:
    import warnings

    import seed_page

    problems = [*seed_page.wrong()]
    if seed_page.PAGE.read_text(encoding="utf-8") != seed_page.page():
        problems.append(f"stale: {seed_page.PAGE.name}; run `make docs`")
    for problem in problems:
        print(problem)
    if problems:
        return 1
    import django
    from django.conf import settings
    from django.core.management import call_command

    # A pool would try for half a minute to reach the database that is not there.
    settings.DATABASES["default"]["OPTIONS"].pop("pool", None)
    django.setup()
    # Django warns that it could not ask the database whether the history is consistent.
    warnings.simplefilter("ignore", RuntimeWarning)
    try:
        call_command("makemigrations", check=True, dry_run=True, verbosity=1)
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
