#!/usr/bin/env python3
"""
Write docs/explanation/the-seed-document.md: sentence, system, page and test of the whole seed.

    python tools/seed_page.py            writes the page
    python tools/seed_page.py --check    fails when it is stale, or names what is not there

From `tools/seed/sentences.toml` and the figures of the seed. What no system answers
yet says so in its row; nothing in the page is written by hand.
"""

from __future__ import annotations

import ast
import csv
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SENTENCES = ROOT / "tools" / "seed" / "sentences.toml"
FIGURES = ROOT / "src" / "lienthong" / "kernel" / "figures.csv"
SYSTEMS = ROOT / "src" / "lienthong" / "systems"
PAGE = ROOT / "docs" / "explanation" / "the-seed-document.md"
MADE = "<!-- Made by `make docs` from tools/seed/sentences.toml; change that, not this page. -->\n"
RANGE = re.compile(r"F(\d{3})(?:-F(\d{3}))?")
COLUMNS = "| place | sentence | figures | system | page | test |"
HEAD = """# The seed document, sentence by sentence

Report 76/BC-BTTTT, its summary, and the letter 6922/VP-KGVX that passed it on are what this project
implements. Each row is a sentence (its first words), what it says with the figures of the seed, the
system that answers for it, the page where it can be seen and the test that shows it. What nobody
answers yet says so; nothing on the report's page is invented for it.

Figures are named by their code in `src/lienthong/kernel/figures.csv`. A system in brackets is not
built.
"""
NOTES = """## Where the seed does not agree with itself

- Level 3 (27.71 %) and level 4 (43.40 %) add to 71.11 %, not 65.11 %; with 21.71 % they would, and
  the report says so beside them. What else a careful reader asks stands in its annex
  (`tests/unit/systems/steering/test_the_seeds_own_numbers.py`).
- 8,110,019 exchanges in 20 days are 405,501 a day; 150,000 fits the year. We state F011 as the
  median day of the year to date, and say so beside it.
- The count is the country's: each gateway signs what it counted on a day, both sides of every pair
  are compared at `/canbo/directory/totals/`, and each figure's note names the gateways that have
  not reported yet, and since when ([PR-DAY](../reference/protocol/PR-DAY.md)).
- 85 + 5 + 9 = 99 of 220 systems are of a stated kind; 121 are not, and the console says so.
- The letter quotes the strategy with 2020 where the ministry's letter says 2030; the check of
  quotations finds it on the letter's own text.
"""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of the seed; ``same`` names the one a sentence of the summary repeats."""

    key: str
    part: str
    place: str
    opens: str
    says: str = ""
    figures: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    open: str = ""
    same: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    code: str
    value: str
    unit: str


def read() -> tuple[dict[str, str], list[Sentence]]:
    """Titles of the parts by key, and all sentences in order."""
    data = tomllib.loads(SENTENCES.read_text(encoding="utf-8"))
    parts = {part["key"]: part["title"] for part in data["part"]}
    found = [
        Sentence(**{k: tuple(v) if isinstance(v, list) else v for k, v in one.items()})
        for one in data["sentence"]
    ]
    return parts, found


def figures() -> dict[str, Figure]:
    with FIGURES.open(encoding="utf-8", newline="") as file:
        return {
            row["code"]: Figure(row["code"], row["value"], row["unit"])
            for row in csv.DictReader(file)
        }


def codes(one: Sentence) -> list[str]:
    """Every code of a sentence; a range leaves out numbers the register does not use."""
    known, found = figures(), []
    for text in one.figures:
        match = RANGE.fullmatch(text)
        if match is None:
            raise ValueError(f"{one.key}: {text} is no code and no range of codes")
        first, last = int(match[1]), int(match[2] or match[1])
        span = [f"F{number:03d}" for number in range(first, last + 1)]
        found += [code for code in span if code in known or len(span) == 1]
    return found


def page() -> str:
    parts, sentences = read()
    by_key = {one.key: one for one in sentences}
    values = figures()
    lines = [MADE, HEAD, *tally(sentences)]
    for part, title in parts.items():
        lines += [f"## {title}\n", COLUMNS, "|---|---|---|---|---|---|"]
        lines += [row(one, by_key, values) for one in sentences if one.part == part]
        lines.append("")
    return "\n".join([*lines, NOTES])


def tally(sentences: list[Sentence]) -> list[str]:
    own = [one for one in sentences if not one.same]
    whole = sum(1 for one in own if one.tests and not one.open)
    some = sum(1 for one in own if one.tests and one.open)
    return [
        f"Of {len(own)} sentences of the report and the letter {whole} are answered,"
        f" {some} in part, {len(own) - whole - some} not yet.\n"
    ]


def row(one: Sentence, by_key: dict[str, Sentence], values: dict[str, Figure]) -> str:
    shown = by_key[one.same] if one.same else one
    says = f"as {one.same} of the report" if one.same else one.says
    tests = ", ".join(f"`{test}`" for test in shown.tests)
    if shown.open:
        tests = f"{tests}; not yet: {shown.open}" if tests else f"not yet: {shown.open}"
    numbers = ", ".join(
        f"{code} ({values[code].value} {values[code].unit})" for code in codes(shown)
    )
    if one.same:
        numbers, tests = ", ".join(shown.figures), f"see {one.same}"
    cells = (
        one.place,
        f"{one.opens} … ({says})",
        numbers,
        ", ".join(named(system) for system in shown.systems),
        ", ".join(f"`{address}`" for address in shown.pages) if not one.same else "",
        tests,
    )
    return "| " + " | ".join(cell.replace("|", "\\|") or "–" for cell in cells) + " |"


def named(system: str) -> str:
    """A system, in brackets while it is not built."""
    return f"`{system}`" if (SYSTEMS / system / "__init__.py").exists() else f"(`{system}`)"


def wrong() -> Iterator[str]:
    """What the data names that is not there; a test looks up the pages, which needs Django."""
    parts, sentences = read()
    known, said = figures(), set[str]()
    keys = [one.key for one in sentences]
    yield from (f"{key} stands twice" for key in set(keys) if keys.count(key) > 1)
    for one in sentences:
        if one.part not in parts:
            yield f"{one.key}: there is no part {one.part}"
        if one.same:
            if one.same not in keys or one.tests or one.figures:
                yield f"{one.key}: repeats nothing, or says more than what it repeats"
            continue
        if not one.tests and not one.open:
            yield f"{one.key}: neither a test nor a word on what is missing"
        yield from (f"{one.key}: {test} is not there" for test in one.tests if not exists(test))
        found = codes(one)
        said.update(found)
        yield from (f"{one.key}: no figure {code}" for code in found if code not in known)
    yield from (f"{code} stands in no sentence" for code in sorted(known.keys() - said))


def exists(test: str) -> bool:
    """Whether a test id names a file of tests, and a function in it."""
    name, _, function = test.partition("::")
    path = ROOT / name
    if not path.is_file() or not path.name.startswith("test_"):
        return False
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tests = {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }
    return function in tests if function else bool(tests)


def main() -> int:
    problems = list(wrong())
    for problem in problems:
        print(f"tools/seed/sentences.toml: {problem}")
    if problems:
        return 1
    text = page()
    fresh = PAGE.exists() and PAGE.read_text(encoding="utf-8") == text
    if "--check" in sys.argv[1:]:
        if not fresh:
            print(f"stale: {PAGE.relative_to(ROOT)}; run `make docs`")
        return 0 if fresh else 1
    PAGE.write_text(text, encoding="utf-8")
    print("The page of the seed is written." if not fresh else "The page of the seed is as it was.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
