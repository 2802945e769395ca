"""
The text of a file that somebody gives: DOCX, or a PDF with text.

A file from outside may be made to harm: a few kilobytes that unpack to
gigabytes, a page that never ends. It is looked at before it is opened, and
opened in a process of its own with limits on memory, time and what it may write.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from ..domain.drafting.text import LONGEST
from ..errors import FileRefused, NoTextInFile

CHILD = Path(__file__).resolve().parent / "reading_child.py"
LARGEST = 10 * 1024 * 1024
MOST_UNPACKED = 60 * 1024 * 1024
MOST_PARTS = 3000
MOST_PAGES = 300
SECONDS = 20
MEMORY = 768 * 1024 * 1024


def text_of(content: bytes) -> str:
    """The text of a file by what its bytes are; raises `FileRefused` or `NoTextInFile`."""
    if len(content) > LARGEST:
        raise FileRefused(size=len(content), most=LARGEST)
    if content.startswith(b"%PDF-"):
        kind = "pdf"
    elif content.startswith(b"PK\x03\x04"):
        refuse_bomb(content)
        kind = "docx"
    else:
        raise FileRefused(reason="kind")
    text = read_aside(kind, content)
    if len(text.split()) < 5:
        raise NoTextInFile()
    return text


def refuse_bomb(content: bytes) -> None:
    """A DOCX is an archive: its parts are counted and added up before any is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as wrong:
        raise FileRefused(reason="damaged") from wrong
    names = {part.filename for part in parts}
    if "word/document.xml" not in names or len(parts) > MOST_PARTS or len(names) != len(parts):
        raise FileRefused(reason="kind")
    if sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise FileRefused(reason="bomb")
    if any(part.flag_bits & 1 for part in parts):
        raise FileRefused(reason="encrypted")


def read_aside(kind: str, content: bytes) -> str:
    """Run the child on these bytes; whatever ends it badly is a refused file."""
    limits = {"memory": MEMORY, "seconds": SECONDS, "pages": MOST_PAGES, "longest": LONGEST}
    with tempfile.TemporaryDirectory(prefix="lienthong-read-") as place:
        child = subprocess.Popen(
            [sys.executable, "-I", "-B", str(CHILD), kind, json.dumps(limits)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=place,
            # Nothing of this process's environment: it names databases and secret files.
            env={"LANG": "C.UTF-8", "PATH": os.defpath, "TMPDIR": place},
            start_new_session=True,
            close_fds=True,
        )
        try:
            out, _err = child.communicate(content, timeout=SECONDS + 5)
        except subprocess.TimeoutExpired:
            kill(child)
            raise FileRefused(reason="time") from None
        except BaseException:
            kill(child)
            raise
    if child.returncode != 0:
        raise FileRefused(reason="damaged")
    return out.decode("utf-8", errors="replace")[:LONGEST]


def kill(child: subprocess.Popen[bytes]) -> None:
    """The child and whatever it started: it leads a session of its own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
