"""Starting Django inside a command, when the command needs it and not before."""

from __future__ import annotations

import logging
import os


def start(*, quiet: bool = True) -> None:
    """
    Load settings and apps; a second call changes nothing.

    ``quiet`` keeps the application log off the terminal of a person, all but warnings;
    a process whose output is a log file asks for all of it.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lienthong.conf.settings")
    # A command holds one connection; a pool with its threads is for servers.
    os.environ.setdefault("LIENTHONG_DATABASE_POOL", "2")
    import django

    django.setup()
    if quiet:
        logging.getLogger("lienthong").setLevel(logging.WARNING)
