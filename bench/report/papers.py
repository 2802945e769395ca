#!/usr/bin/env python3
"""
Measure the papers of a report: three files, two signatures, checking them again.

    python bench/report/papers.py [--write] [--rounds 5]

The document is as long as Report 76 with its annexes: 69 figures in 12 sections, a
table of sources, a table of 154 tasks. With ``--write`` the result goes beside this
file. Aims (issue 5): PDF, DOCX and HTML together under 3 s; signing and validating
under 2 s.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]
os.environ |= {
    "LIENTHONG_TESTING": "1",
    "LIENTHONG_HOME": "/nonexistent",
    "LIENTHONG_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "DJANGO_SETTINGS_MODULE": "lienthong.conf.settings",
}
AIMS = {"three files": 3.0, "sign and validate": 2.0}
FIGURES = 69
TASKS = 154


def report() -> Any:
    """As long as the seed's report; its words and numbers are made up."""
    from lienthong.kernel import clock
    from lienthong.web.papers.blocks import (
        Annex,
        Column,
        Document,
        Heading,
        Number,
        Paragraph,
        Table,
        Text,
    )
    from web_papers.signers import letter

    head, title, *_rest = letter(lines=1).blocks
    *_more, end, signing = letter(lines=1).blocks
    body: list[Any] = []
    for number in range(1, FIGURES + 1):
        if number % 6 == 1:
            body.append(Heading(2, f"{number // 6 + 1}.", "Về một nhóm hệ thống thông tin"))
        words = "Tính đến ngày 20/8/2021, hệ thống thông tin đã kết nối và ghi nhận "
        body.append(
            Paragraph(
                (
                    Text(words),
                    Number(f"F{number:03d}", f"{number * 7919:,}".replace(",", ".")),
                    Text(" bản ghi; các bộ, ngành, địa phương tiếp tục triển khai. " * 2),
                ),
                mark="-",
            )
        )
    sources = Table(
        "",
        tuple(Column(title, 1) for title in ("Mã", "Số liệu", "Giá trị", "Kỳ", "Nguồn")),
        tuple(
            (f"F{n:03d}", "Số bản ghi của hệ thống", str(n * 7919), "20/8/2021", "bảng ghi")
            for n in range(1, FIGURES + 1)
        ),
    )
    tasks = Table(
        "",
        tuple(Column(title, 1) for title in ("Nhiệm vụ", "Văn bản", "Hạn", "Tình trạng")),
        tuple(("Hoàn thành chiến lược " * 4, "17/NQ-CP", "–", "trong hạn") for _n in range(TASKS)),
    )
    blocks = (head, title, *body, end, signing, Annex("Phụ lục I", "Nguồn"), sources,
              Annex("Phụ lục II", "Nhiệm vụ"), tasks)  # fmt: skip
    return Document("Báo cáo", clock.instant(), blocks, demo=True)


def measure(rounds: int) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Seconds of every step by the clock, and of processor, round by round."""
    from lienthong.web.papers.decree30.check import check
    from lienthong.web.papers.page import standing_alone
    from lienthong.web.papers.printing import to_pdf
    from lienthong.web.papers.signatures import checking
    from lienthong.web.papers.word import to_docx
    from web_papers import signers

    with tempfile.TemporaryDirectory() as home:
        node = signers.node_with_keys(Path(home))
        desk = signers.desk_of(node)
        paper = report()
        taken: dict[str, list[float]] = {}
        used: dict[str, list[float]] = {}

        def timed(name: str, work: Callable[[], Any]) -> Any:
            began, busy = time.perf_counter(), processor()
            made = work()
            taken.setdefault(name, []).append(time.perf_counter() - began)
            used.setdefault(name, []).append(processor() - busy)
            return made

        for _round in range(rounds):
            pdf = timed("PDF", lambda: to_pdf(paper))
            timed("DOCX", lambda: to_docx(paper))
            timed("HTML", lambda: standing_alone(paper.blocks))
            timed("layout of the PDF checked", lambda pdf=pdf: check(pdf))
            one = timed("person signs", lambda pdf=pdf: signers.person_signs(pdf, node, desk))
            two = timed("body seals", lambda one=one: signers.body_seals(one, node, desk))
            done = timed("validated", lambda two=two: checking.check_pdf(two, desk.anchor))
            assert done.holds
    for name, parts in (
        ("three files", ("PDF", "DOCX", "HTML")),
        ("sign and validate", ("person signs", "validated")),
        ("both signatures and validation", ("person signs", "body seals", "validated")),
    ):
        for kind in (taken, used):
            kind[name] = [sum(times) for times in zip(*(kind[part] for part in parts), strict=True)]
    return taken, used


def processor() -> float:
    """Seconds of processor of this process and of the children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def table(taken: dict[str, list[float]], used: dict[str, list[float]]) -> str:
    lines = [
        "| step | median s | best s | processor s | aim s |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, times in taken.items():
        aim = f"{AIMS[name]:g}" if name in AIMS else ""
        lines.append(
            f"| {name} | {statistics.median(times):.2f} | {min(times):.2f} | {min(used[name]):.2f}"
            f" | {aim} |"
        )
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    import django
    from django.conf import settings

    settings.DATABASES["default"]["OPTIONS"].pop("pool", None)
    django.setup()
    load = os.getloadavg()[0]
    text = table(*measure(args.rounds))
    print(text)
    if args.write:
        about = (
            f"{args.rounds} rounds, {os.cpu_count()} cores, load {load:.1f} when it began; others"
            " work on this machine, so seconds of processor are nearer to what a quiet one takes."
        )
        page = f"# Papers of a report\n\n`python bench/report/papers.py --write`\n\n{about}\n\n"
        (Path(__file__).parent / "papers.md").write_text(f"{page}{text}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
