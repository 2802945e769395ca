"""
One conversation with a child process that reads or writes a document.

The child gets one line of JSON, may ask questions line by line, and ends with its
result. It runs in a directory of its own without this process's environment, and
is ended when its time is over. A hostile file can harm nothing but the child.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Answer = Callable[[dict[str, Any]], dict[str, Any]]
MEMORY = 768 * 1024 * 1024


class ChildFailed(Exception):
    """The child ended without a result: its limits, or something it could not foresee."""

    def __init__(self, said: str, *, late: bool = False) -> None:
        super().__init__(said)
        self.late = late


def no_questions(question: dict[str, Any]) -> dict[str, Any]:
    raise ChildFailed(f"an unexpected question: {sorted(question)}")


def converse(
    script: Path,
    job: Mapping[str, Any],
    *,
    seconds: float,
    memory: int = MEMORY,
    answer: Answer = no_questions,
) -> dict[str, Any]:
    """
    Run a script on a job; its result.

    ``answer`` is called with each question of the child. Raises `ChildFailed`, and
    whatever ``answer`` raises after the child is ended.
    """
    limits = {"memory": memory, "seconds": seconds}
    with tempfile.TemporaryDirectory(prefix="lienthong-document-") as place:
        child = subprocess.Popen(
            [sys.executable, "-I", "-B", str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=place,
            # Nothing of this process's environment: it names databases and secret files.
            env={"LANG": "C.UTF-8", "PATH": os.defpath, "TMPDIR": place},
            start_new_session=True,
            close_fds=True,
        )
        over = threading.Event()

        def end() -> None:
            over.set()
            kill(child)

        timer = threading.Timer(seconds, end)
        timer.daemon = True
        timer.start()
        said: list[bytes] = []
        # What the child complains of is read aside, so that a full pipe never stops it.
        ear = threading.Thread(target=listen, args=(child, said), daemon=True)
        ear.start()
        try:
            return talk(child, {**job, "limits": limits}, answer)
        except (BrokenPipeError, EOFError, ValueError) as cut:
            child.wait()
            ear.join(timeout=1)
            words = b"".join(said).decode(errors="replace")
            raise ChildFailed(words or type(cut).__name__, late=over.is_set()) from None
        finally:
            timer.cancel()
            kill(child)
            ear.join(timeout=1)
            for pipe in (child.stdin, child.stdout, child.stderr):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()


def talk(child: subprocess.Popen[bytes], job: Mapping[str, Any], answer: Answer) -> dict[str, Any]:
    """Send the job and answer questions until the result comes."""
    assert child.stdin is not None
    assert child.stdout is not None
    tell = child.stdin
    tell.write(json.dumps(job).encode() + b"\n")
    tell.flush()
    while line := child.stdout.readline():
        heard: dict[str, Any] = json.loads(line)
        if "outcome" in heard:
            return heard
        tell.write(json.dumps(answer(heard)).encode() + b"\n")
        tell.flush()
    raise EOFError


def listen(child: subprocess.Popen[bytes], said: list[bytes]) -> None:
    """Keep the last words of the child, a few thousand signs of them."""
    assert child.stderr is not None
    with contextlib.suppress(ValueError, OSError):
        for line in child.stderr:
            said.append(line[:2000])
            del said[:-20]


def kill(child: subprocess.Popen[bytes]) -> None:
    """End the child with whatever it started, and take it off the process table."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
