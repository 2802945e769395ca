"""
Check signed documents offline: a PDF, its machine-readable twin (JSON), or both.

Says of each who signed, when, and whether it is unchanged since; given both, also
whether the figures of the twin are those printed. Nothing is fetched and no node is
needed: only the file and the trust anchor, which the issuer publishes.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lienthong.kernel import clock
from lienthong.kernel.errors import LienThongError
from lienthong.kernel.node import Node
from lienthong.protocol import document_keys
from lienthong.protocol.document_keys import Anchor
from lienthong.web.papers.signatures import checking, pairs, twins
from lienthong.web.papers.signatures.checking import WORDS, Finding

LARGEST = 32 * 1024 * 1024


@dataclass(slots=True)
class Result:
    """What was found of one file."""

    file: Path
    findings: tuple[Finding, ...] = ()
    problems: list[str] = field(default_factory=list)
    content: Mapping[str, Any] | None = None
    pdf: bytes = b""

    @property
    def holds(self) -> bool:
        return not self.problems and all(one.holds for one in self.findings)

    def described(self) -> dict[str, Any]:
        return {
            "file": str(self.file),
            "holds": self.holds,
            "problems": self.problems,
            "signatures": [
                {
                    "kind": kind_of(one),
                    "name": one.holder.name if one.holder else "",
                    "title": one.holder.title if one.holder else "",
                    "body": one.holder.body_name if one.holder else "",
                    "at": one.at.isoformat() if one.at else None,
                    "time_stamped": one.stamped,
                    "level": one.level,
                    "faults": list(one.faults),
                }
                for one in self.findings
            ],
        }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="PDF or JSON")
    parser.add_argument("--anchor", type=Path, help="trust anchor (default: this node's own)")
    parser.add_argument("--json", action="store_true", help="for a machine to read")


def run(args: argparse.Namespace) -> int:
    anchor = anchor_named(args.anchor)
    if anchor is None:
        print("There is no trust anchor here, and without one nobody is known.", file=sys.stderr)
        print("Next: name the issuer's with --anchor FILE.", file=sys.stderr)
        return 2
    results = [result_of(file, anchor) for file in args.files]
    compare(results)
    if args.json:
        print(json.dumps([one.described() for one in results], ensure_ascii=False))
    else:
        for one in results:
            tell(one)
    whole = all(one.holds for one in results)
    if not args.json:
        print(
            "Everything holds. Next: keep the anchor with the files."
            if whole
            else "Next: ask the issuer for the document again; do not rely on this copy."
        )
    return 0 if whole else 1


def anchor_named(file: Path | None) -> Anchor | None:
    """The anchor of a file, or of this node; raises UntrustedCertificate or FileNotFoundError."""
    if file is not None:
        return Anchor.parse(file.read_bytes())
    try:
        return document_keys.anchor_of(Node.from_environment())
    except OSError:
        return None


def result_of(file: Path, anchor: Anchor) -> Result:
    """Check one file by what its bytes are."""
    result = Result(file)
    with file.open("rb") as opened:
        raw = opened.read(LARGEST + 1)
    try:
        if raw.startswith(b"%PDF-"):
            result.pdf = raw
            checked = checking.check_pdf(raw, anchor)
            result.findings = checked.signatures
            result.problems += [WORDS[fault] for fault in checked.faults]
        else:
            twin = twins.read_twin(raw, anchor)
            result.content, result.findings = twin.content, (twin.finding,)
    except LienThongError as problem:
        result.problems.append(str(problem))
    return result


def compare(results: list[Result]) -> None:
    """A twin and a PDF given together must say the same, and a twin must agree with itself."""
    pdfs = [one for one in results if one.pdf]
    for twin in (one for one in results if one.content is not None):
        assert twin.content is not None
        for other in pdfs:
            try:
                differ = pairs.differences(twin.content, other.pdf)
            except LienThongError as problem:
                twin.problems.append(str(problem))
                continue
            if "pdf_sha256" in differ:
                twin.problems.append(f"It belongs to another PDF than {other.file.name}.")
            if codes := [code for code in differ if code != "pdf_sha256"]:
                twin.problems.append(f"Printed otherwise in {other.file.name}: {', '.join(codes)}.")


def tell(result: Result) -> None:
    print(result.file)
    for one in result.findings:
        when = f"{clock.local(one.at):%H:%M:%S %d/%m/%Y}" if one.at else "no time"
        how = "time-stamped" if one.stamped else "by the signer's own clock"
        print(f"  {kind_of(one):<7} {name_of(one)}")
        print(f"          {when}, {how}, {one.level}")
        for fault in one.faults:
            print(f"          PROBLEM {WORDS[fault]}")
        if one.holds:
            print("          holds; unchanged since")
    for problem in result.problems:
        print(f"  PROBLEM {problem}")


def kind_of(one: Finding) -> str:
    if one.holder is None:
        return "unknown"
    return "person" if one.is_person else "body"


def name_of(one: Finding) -> str:
    if one.holder is None:
        return "nobody named"
    parts = (one.holder.name, one.holder.title, one.holder.body_name)
    return ", ".join(part for part in parts if part)
