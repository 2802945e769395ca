"""Starting Django inside a command, when the command needs it and not before."""

from __future__ import annotations

import os


def start() -> None:
    """Load settings and apps; a second call changes nothing."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lienthong.conf.settings")
    # A command holds one connection; a pool with its threads is for servers.
    os.environ.setdefault("LIENTHONG_DATABASE_POOL", "2")
    import django

    django.setup()
