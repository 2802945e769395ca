"""
Starts the processes of a node, keeps them alive and takes them along when it ends.

One thread, no framework: it sleeps in ``sigtimedwait`` and wakes for a child
that ended, a signal to stop, or once a second to look around. Every child has
a session of its own, so that Ctrl-C reaches the supervisor alone and the order
of stopping is kept; and every child asks the kernel to be told to stop when
the supervisor is killed outright.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lienthong.kernel import clock

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
WATCHED = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD}

BACK_OFF = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
SETTLED_SECONDS = 60.0
START_TRIES = 4
LOG_BYTES = 10 * 1024 * 1024
MOVED_BYTES = 5 * LOG_BYTES
# A line is thirty days old at most (decision 30): it is moved away within a day or two of
# being written, and what was moved away is removed after four weeks.
LOG_DAY = 24 * 3600.0
LOG_KEPT = 28 * LOG_DAY
LOGS_KEPT = 30
LOOK_SECONDS = 1.0
ROTATE_SECONDS = 60.0

_libc = ctypes.CDLL(None, use_errno=True)


class DidNotStart(RuntimeError):
    """A process ended again and again, or never became healthy."""


@dataclass(slots=True)
class Child:
    """One process the node consists of."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    healthy: Callable[[], bool]
    stop_with: signal.Signals = signal.SIGTERM
    stop_seconds: float = 20.0
    before: Callable[[], None] | None = None
    """Runs before each start, for what a crash may have left behind."""

    process: subprocess.Popen[bytes] | None = None
    failures: int = 0
    restarts: int = 0
    started_at: float = 0.0
    due_at: float = field(default=0.0)

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Supervisor:
    """Holds children in starting order; stops them in the opposite one."""

    def __init__(self, logs: Path, state: Path) -> None:
        self.logs, self.state = logs, state
        self.children: list[Child] = []
        self.stopping = False
        self._errand: int | None = None
        self._rotated_at = time.monotonic()
        signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
        # Orphans of a killed child (a server's workers) come to us instead of to init.
        _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    # -- starting ----------------------------------------------------------------

    def start(self, child: Child) -> None:
        """Start one child; it is looked after from now on."""
        self.children.append(child)
        self._launch(child)

    def _launch(self, child: Child) -> None:
        if child.before is not None:
            child.before()
        log = self.logs / f"{child.name}.log"
        rotate(log)
        own, end_with = os.getpid(), child.stop_with

        def become_child() -> None:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, WATCHED)
            _libc.prctl(PR_SET_PDEATHSIG, int(end_with), 0, 0, 0)
            if os.getppid() != own:  # The supervisor died before the kernel was asked.
                os._exit(1)

        with log.open("ab") as out:
            child.process = subprocess.Popen(
                child.command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=dict(child.environment),
                start_new_session=True,
                preexec_fn=become_child,
            )
        child.started_at = time.monotonic()
        self.write_state()

    def wait_until_healthy(self, *names: str, seconds: float = 60.0) -> None:
        """Return when all (or these) children are healthy; raises DidNotStart."""
        limit = time.monotonic() + seconds
        waiting = [child for child in self.children if not names or child.name in names]
        while waiting:
            self.attend(0.05)
            if self.stopping:
                raise KeyboardInterrupt
            for child in waiting:
                if child.failures >= START_TRIES:
                    raise DidNotStart(f"{child.name} does not start:\n{self.last_words(child)}")
            waiting = [child for child in waiting if not (child.running and child.healthy())]
            if waiting and time.monotonic() > limit:
                slow = ", ".join(child.name for child in waiting)
                words = "\n".join(self.last_words(child) for child in waiting)
                raise DidNotStart(f"not healthy after {seconds:.0f} s: {slow}\n{words}")

    def last_words(self, child: Child, lines: int = 15) -> str:
        """The end of a child's log."""
        log = self.logs / f"{child.name}.log"
        try:
            text = log.read_text(errors="replace").splitlines()[-lines:]
        except OSError:
            return ""
        return "\n".join(f"  {child.name} | {line}" for line in text)

    def run_once(self, name: str, command: list[str], environment: Mapping[str, str]) -> int:
        """Run a short command to its end while looking after the children; its output is shown."""
        process = subprocess.Popen(
            command,
            env=dict(environment),
            start_new_session=True,
            preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, WATCHED),
        )
        self._errand = process.pid
        try:
            while process.poll() is None:
                self.attend(0.1)
                if self.stopping:
                    end_group(process.pid, signal.SIGTERM)
                    process.wait()
                    raise KeyboardInterrupt
        finally:
            self._errand = None
        return int(process.returncode)

    # -- looking after -----------------------------------------------------------

    def watch(self) -> None:
        """Look after the children until asked to stop."""
        while not self.stopping:
            self.attend(LOOK_SECONDS)

    def attend(self, seconds: float) -> None:
        """One look: take a signal if there is one, restart what ended, rotate logs."""
        taken = signal.sigtimedwait(WATCHED, seconds)
        if taken is not None and taken.si_signo != signal.SIGCHLD:
            self.stopping = True
            return
        self._reap_orphans()
        now = time.monotonic()
        for child in self.children:
            self._attend_child(child, now)
        if now - self._rotated_at > ROTATE_SECONDS:
            self._rotated_at = now
            for child in self.children:
                shorten(self.logs / f"{child.name}.log")

    def _attend_child(self, child: Child, now: float) -> None:
        if child.running:
            if child.failures and now - child.started_at > SETTLED_SECONDS:
                child.failures = 0
            return
        if child.process is not None:
            # What the dead process started must not hold its port against its successor.
            end_group(child.process.pid, signal.SIGKILL)
            child.process = None
            child.due_at = now + BACK_OFF[min(child.failures, len(BACK_OFF) - 1)]
            child.failures += 1
        if now >= child.due_at:
            child.restarts += 1
            self._launch(child)

    def _reap_orphans(self) -> None:
        """Collect adopted processes that ended; the children themselves are left to Popen."""
        own = {child.process.pid for child in self.children if child.process is not None}
        own.add(self._errand or 0)
        for pid in ended_children():
            if pid not in own:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)

    # -- stopping ----------------------------------------------------------------

    def stop(self) -> None:
        """End every child, last started first, each with its own signal and patience."""
        self.stopping = True
        for child in reversed(self.children):
            stop_child(child)
        self.children.clear()
        self.state.unlink(missing_ok=True)

    def write_state(self) -> None:
        """What `lienthong status` reads."""
        state = {
            "supervisor": os.getpid(),
            "children": [
                {
                    "name": child.name,
                    "pid": child.process.pid if child.process is not None else None,
                    "restarts": child.restarts,
                }
                for child in self.children
            ],
        }
        draft = self.state.with_suffix(".new")
        draft.write_text(json.dumps(state))
        draft.rename(self.state)


def stop_child(child: Child) -> None:
    process = child.process
    if process is None:
        return
    if process.poll() is None:
        process.send_signal(child.stop_with)
        try:
            process.wait(child.stop_seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    end_group(process.pid, signal.SIGKILL)


def end_group(group: int, with_signal: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, with_signal)


def ended_children() -> list[int]:
    """Zombies whose parent is this process."""
    own = str(os.getpid())
    found = []
    try:
        listed = Path(f"/proc/{own}/task/{own}/children").read_text().split()
    except OSError:
        return []
    for pid in listed:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state == "Z":
            found.append(int(pid))
    return found


def rotate(log: Path) -> None:
    """Before a start: a long log, or one of another day, makes room for a new one."""
    if log.exists() and (too_long(log) or age_of(log) > LOG_DAY):
        move_up(log)
        log.rename(log.with_suffix(".log.1"))
    forget_old(log)


def shorten(log: Path) -> None:
    """
    While a process writes: copy a long log, or that of a day, away and empty it.

    Writers append, so they go on at the new end. A line written between copy
    and emptying is lost; that is the application log, not the evidence.
    """
    if log.exists() and (too_long(log) or (log.stat().st_size and not moved_today(log))):
        move_up(log)
        shutil.copyfile(log, log.with_suffix(".log.1"))
        os.truncate(log, 0)
    forget_old(log)


def too_long(log: Path) -> bool:
    return log.stat().st_size > LOG_BYTES


def moved_today(log: Path) -> bool:
    newest = log.with_suffix(".log.1")
    return newest.exists() and age_of(newest) < LOG_DAY


def age_of(log: Path) -> float:
    """Seconds since the last line was written."""
    return clock.instant().timestamp() - log.stat().st_mtime


def forget_old(log: Path) -> None:
    """Remove moved logs that are too old, and the oldest of those that are too much together."""
    kept = 0
    for number in range(1, LOGS_KEPT + 1):
        older = log.with_suffix(f".log.{number}")
        if not older.exists():
            continue
        kept += older.stat().st_size
        if kept > MOVED_BYTES or age_of(older) > LOG_KEPT:
            older.unlink()


def move_up(log: Path) -> None:
    for number in range(LOGS_KEPT - 1, 0, -1):
        older = log.with_suffix(f".log.{number}")
        if older.exists():
            older.rename(log.with_suffix(f".log.{number + 1}"))
