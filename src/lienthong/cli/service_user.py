"""
The system user a node runs as when it is started by root (decision 9).

PostgreSQL refuses to run as root, and nothing else of a node has any business
doing so: root only makes the user and the state directory, then steps down.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NAME = "lienthong"


@dataclass(frozen=True, slots=True)
class ServiceUser:
    """A user by name and numbers, as :mod:`subprocess` wants them."""

    name: str
    uid: int
    gid: int

    @property
    def popen(self) -> dict[str, Any]:
        """Arguments that make :class:`subprocess.Popen` start a child as this user."""
        if os.geteuid() != 0:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Give one directory or file to this user."""
        if os.geteuid() == 0:
            os.chown(path, self.uid, self.gid)

    def step_down(self) -> None:
        """Become this user for good; the way back is closed."""
        if os.geteuid() == 0:
            os.initgroups(self.name, self.gid)
            os.setresgid(self.gid, self.gid, self.gid)
            os.setresuid(self.uid, self.uid, self.uid)


def current() -> ServiceUser:
    """The user this process runs as."""
    entry = pwd.getpwuid(os.geteuid())
    return ServiceUser(entry.pw_name, entry.pw_uid, entry.pw_gid)


def find(name: str = NAME) -> ServiceUser | None:
    """The user of this name, if the machine has one."""
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return ServiceUser(entry.pw_name, entry.pw_uid, entry.pw_gid)


def ensure(name: str = NAME, home: str = "/var/lib/lienthong") -> ServiceUser:
    """The service user, made when missing; for anyone but root simply the current user."""
    if os.geteuid() != 0:
        return current()
    if (user := find(name)) is not None:
        return user
    useradd = shutil.which("useradd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if useradd is None:
        raise SystemExit(f"There is no useradd here. Make a system user '{name}' and try again.")
    # fmt: off
    subprocess.run(
        [useradd, "--system", "--user-group", "--home-dir", home, "--no-create-home",
         "--shell", "/usr/sbin/nologin", name],
        check=True,
    )
    # fmt: on
    made = find(name)
    assert made is not None
    return made
