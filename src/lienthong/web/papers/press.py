"""
The press: a typst template and plain data go in, a PDF comes out (decision 10).

The work is done by `child.py` in a process of its own with limits on memory,
CPU and time, so that no document can take the pages down with it and the heavy
import never happens here. The child sees one temporary directory and nothing
of this process's environment.

Words of people reach a template only as values of its data, and typst never
reads a value as markup: a name such as ``#read("/etc/passwd")`` is printed as
it stands. Templates must not call ``eval``; `typeset` refuses one that does.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.template import TemplateDoesNotExist, engines

from lienthong.kernel import clock
from lienthong.kernel.errors import Invalid, LienThongError, Unavailable
from lienthong.web.papers.coverage import missing

FONTS = Path(__file__).resolve().parent.parent / "fonts"
CHILD = Path(__file__).resolve().parent / "child.py"

SECONDS = 20.0
MEMORY = 1024 * 1024 * 1024
LARGEST = 64 * 1024 * 1024

IMPORTED = re.compile(r'#?\b(?:import|include)\s+"/([^"]+\.typ)"')
EVALUATES = re.compile(r"(?<![\w.-])eval\s*\(")
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class PapersError(LienThongError):
    """The document could not be printed."""

    code = "papers.failed"

    def __init__(self, message: str | None = None, *, diagnostic: str = "", **detail: object):
        super().__init__(message, **detail)
        self.diagnostic = diagnostic
        """What typst said. Kept out of messages and logs: it may quote the document."""


class TemplateBroken(PapersError):
    """The template of this document has a mistake."""

    code = "papers.template"


class FontsMissing(PapersError):
    """A font of this document is not installed; run the asset step of the build."""

    code = "papers.fonts"


class SignMissing(PapersError, Invalid):
    """This document holds a sign that the fonts of the papers do not have."""

    code = "papers.sign"
    status = Invalid.status


class PaperTooHeavy(PapersError, Unavailable):
    """The document took more time or memory than one may take."""

    code = "papers.too_heavy"
    status = Unavailable.status


def typeset(
    template: str,
    data: Mapping[str, Any],
    *,
    files: Mapping[str, bytes] | None = None,
    at: datetime | None = None,
    seconds: float = SECONDS,
    memory: int = MEMORY,
) -> bytes:
    """
    Print a template with this data as a PDF.

    ``template`` is a name in Django's template directories. The template reads
    its data with ``json(bytes(sys.inputs.data))``, its files as
    ``/files/<name>``, and may import other templates by their absolute name
    (``#import "/web/papers/decree30.typ": *``). ``at`` is the moment written
    into the PDF; the same template, data, files and moment give the same bytes.

    Raises `TemplateBroken`, `FontsMissing`, `SignMissing` or `PaperTooHeavy`.
    """
    if not any(FONTS.glob("*.[to]tf")):
        raise FontsMissing()
    plain = json.loads(json.dumps(data, cls=DjangoJSONEncoder))
    if signs := missing(plain, FONTS):
        raise SignMissing(signs=[f"U+{ord(sign):04X}" for sign in signs[:10]])
    moment = at or clock.instant()
    with tempfile.TemporaryDirectory(prefix="lienthong-paper-") as place:
        root = Path(place) / "root"
        root.mkdir()
        lay_out(root, template, files or {})
        job = {
            "root": str(root),
            "main": template,
            "fonts": str(FONTS),
            "data": json.dumps(plain, ensure_ascii=False),
            "timestamp": int(moment.timestamp()),
            "memory": memory,
            "seconds": seconds,
            "largest": LARGEST,
        }
        return run(Path(place), job, seconds)


def lay_out(root: Path, template: str, files: Mapping[str, bytes]) -> None:
    """Write the template, all it imports, and the files into the child's directory."""
    waiting, seen = [template], set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        source = template_source(name)
        if EVALUATES.search(source):
            raise TemplateBroken(f"{name} calls eval, which could run words of people", name=name)
        path = root / PurePosixPath(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
        waiting.extend(IMPORTED.findall(source))
    (root / "files").mkdir(exist_ok=True)
    for name, content in files.items():
        if not FILE_NAME.fullmatch(name):
            raise TemplateBroken("A file of a paper needs a plain name.", name=name)
        (root / "files" / name).write_bytes(content)


def template_source(name: str) -> str:
    """The text of a template as it lies on disk: typst's braces are not Django's."""
    if ".." in PurePosixPath(name).parts or not name.endswith(".typ"):
        raise TemplateBroken("A paper's template is a .typ file.", name=name)
    for loader in engines["django"].engine.template_loaders:  # type: ignore[attr-defined]
        for origin in loader.get_template_sources(name):
            try:
                return str(origin.loader.get_contents(origin))
            except TemplateDoesNotExist:
                continue
    raise TemplateBroken(f"There is no template {name}", name=name)


def run(place: Path, job: dict[str, Any], seconds: float) -> bytes:
    """Run the child on this job and return the PDF it wrote."""
    result, pdf = place / "result.json", place / "out.pdf"
    child = subprocess.Popen(
        [sys.executable, "-I", "-B", str(CHILD), str(result), str(pdf)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=place,
        # Nothing of this process's environment: it names databases and secret files.
        env={"LANG": "C.UTF-8", "PATH": os.defpath, "TMPDIR": str(place)},
        start_new_session=True,
        close_fds=True,
    )
    try:
        _, stderr = child.communicate(json.dumps(job).encode(), timeout=seconds)
    except subprocess.TimeoutExpired:
        kill(child)
        raise PaperTooHeavy(template=job["main"], seconds=seconds) from None
    except BaseException:
        kill(child)
        raise
    if child.returncode == 0 and result.exists():
        answer = json.loads(result.read_bytes())
        if answer["outcome"] == "printed":
            return pdf.read_bytes()
        kind = FontsMissing if answer["outcome"] == "fonts" else TemplateBroken
        raise kind(diagnostic=answer["diagnostic"], template=job["main"])
    # A limit of the kernel shows as a signal or as a failed allocation that aborts.
    if child.returncode < 0 or b"memory" in stderr.lower():
        raise PaperTooHeavy(
            diagnostic=stderr.decode(errors="replace"),
            template=job["main"],
            signal=max(0, -child.returncode),
        )
    raise PapersError(
        diagnostic=stderr.decode(errors="replace"),
        template=job["main"],
        exit_status=child.returncode,
    )


def kill(child: subprocess.Popen[bytes]) -> None:
    """End the child with all its threads and take it off the process table."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.communicate()
