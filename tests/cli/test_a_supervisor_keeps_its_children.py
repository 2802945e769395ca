"""The supervisor: restarts what ends, stops in order, leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lienthong.cli import supervisor

pytestmark = pytest.mark.scenario

# The supervisor blocks signals for its whole process, so each story is told in one of its own.
PREAMBLE = """
import os, signal, sys, time
from pathlib import Path
from lienthong.cli.supervisor import Child, DidNotStart, Supervisor
place = Path(sys.argv[1])
s = Supervisor(place, place / "state.json")
def child(name, program, **more):
    return Child(name=name, command=[sys.executable, "-c", program], environment=dict(os.environ),
                 healthy=more.pop("healthy", lambda: True), **more)
"""


def tell(place: Path, story: str, seconds: float = 30) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PREAMBLE + story, str(place)],
        start_new_session=True,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


def test_a_child_that_ends_is_started_again(tmp_path: Path) -> None:
    told = tell(
        tmp_path,
        """
s.start(child("part", "import time; time.sleep(60)"))
first = s.children[0].process.pid
os.kill(first, signal.SIGKILL)
while s.children[0].restarts == 0: s.attend(0.05)
print(s.children[0].process.pid != first, s.children[0].running)
s.stop()
""",
    )
    assert told.stdout.split() == ["True", "True"], told.stderr


def test_a_child_that_never_starts_is_told_with_its_last_words(tmp_path: Path) -> None:
    told = tell(
        tmp_path,
        """
s.start(child("part", "print('no such table', flush=True); raise SystemExit(1)",
              healthy=lambda: False))
try:
    s.wait_until_healthy(seconds=20)
except DidNotStart as fault:
    print(fault)
s.stop()
""",
    )
    assert "part does not start" in told.stdout, told.stderr
    assert "part | no such table" in told.stdout


def test_children_are_stopped_last_started_first(tmp_path: Path) -> None:
    program = (
        "import signal, sys, time\n"
        "def end(*_):\n"
        "    print(sys.argv, time.monotonic_ns(), flush=True); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)"
    )
    story = f"""
program = {program!r}
for name in ("first", "second", "third"):
    log = place / (name + ".log")
    s.start(child(name, program, healthy=lambda log=log: "ready" in log.read_text()))
s.wait_until_healthy()
s.stop()
"""
    told = tell(tmp_path, story)
    assert told.returncode == 0, told.stderr
    ended = {
        name: int((tmp_path / f"{name}.log").read_text().split()[-1])
        for name in ("first", "second", "third")
    }
    assert ended["third"] < ended["second"] < ended["first"]


def test_what_a_killed_child_left_running_is_ended_before_it_starts_again(tmp_path: Path) -> None:
    told = tell(
        tmp_path,
        """
program = ("import subprocess, sys, time; from pathlib import Path; "
           "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); "
           f"Path(r'{place}/grandchild').write_text(str(p.pid)); time.sleep(60)")
s.start(child("part", program, healthy=lambda: (place / "grandchild").exists()))
s.wait_until_healthy()
grandchild = int((place / "grandchild").read_text())
os.kill(s.children[0].process.pid, signal.SIGKILL)
while s.children[0].restarts == 0: s.attend(0.05)
time.sleep(0.2); s.attend(0.05)
print(Path(f"/proc/{grandchild}").exists())
s.stop()
""",
    )
    assert told.stdout.strip() == "False", told.stderr


def test_a_stop_signal_reaches_the_supervisor_and_not_the_children_directly(
    tmp_path: Path,
) -> None:
    told = tell(
        tmp_path,
        """
s.start(child("part", "import time; time.sleep(60)"))
os.killpg(os.getpgrp(), signal.SIGINT)  # as a terminal does
s.watch()
print(s.stopping, s.children[0].running)
s.stop()
print((place / "state.json").exists())
""",
    )
    assert told.stdout.split() == ["True", "True", "False"], told.stderr


def test_a_long_log_is_moved_away_and_only_a_few_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "LOG_BYTES", 10)
    monkeypatch.setattr(supervisor, "MOVED_BYTES", 130)
    log = tmp_path / "part.log"
    for number in range(8):
        log.write_text(f"{number} and more than ten bytes")
        supervisor.shorten(log)
        assert log.read_text() == ""
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert kept == ["part.log", *(f"part.log.{n}" for n in range(1, 6))]
    assert (tmp_path / "part.log.1").read_text().startswith("7")


DAY = 24 * 3600


def aged(log: Path, days: float) -> None:
    """Make a log one whose last line was written so many days ago."""
    then = time.time() - days * DAY
    os.utime(log, (then, then))


def test_no_line_of_a_log_grows_older_than_thirty_days(tmp_path: Path) -> None:
    """A process that writes little never fills a log; it is moved away once a day all the same."""
    log = tmp_path / "part.log"
    for day in range(40):
        log.write_text(f"line of day {day}")
        supervisor.shorten(log)
        supervisor.shorten(log)  # a second look on the same day moves nothing
        for moved in tmp_path.glob("part.log.*"):
            then = moved.stat().st_mtime - DAY
            os.utime(moved, (then, then))
    words = " ".join(path.read_text() for path in tmp_path.iterdir())
    assert {int(day) for day in re.findall(r"day (\d+)", words)} == set(range(12, 40))


def test_the_log_of_a_node_that_stood_still_for_a_month_is_gone_at_its_start(
    tmp_path: Path,
) -> None:
    log = tmp_path / "part.log"
    log.write_text("of long ago")
    aged(log, 31)
    (tmp_path / "part.log.1").write_text("of longer ago")
    aged(tmp_path / "part.log.1", 40)
    supervisor.rotate(log)
    assert list(tmp_path.iterdir()) == []


def test_a_start_on_the_same_day_goes_on_in_the_same_log(tmp_path: Path) -> None:
    log = tmp_path / "part.log"
    log.write_text("of an hour ago")
    aged(log, 1 / 24)
    supervisor.rotate(log)
    assert log.read_text() == "of an hour ago"


def test_an_ended_stranger_is_not_taken_for_a_child(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    limit = time.monotonic() + 10
    while process.pid not in supervisor.ended_children() and time.monotonic() < limit:
        time.sleep(0.02)
    assert process.pid in supervisor.ended_children()
    process.wait()
    assert process.pid not in supervisor.ended_children()
    assert signal.SIGTERM not in signal.pthread_sigmask(signal.SIG_BLOCK, set())
