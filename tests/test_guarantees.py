"""The page of guarantees cannot go stale: every promise names tests, and every test is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs/reference/guarantees.md").read_text(encoding="utf-8")
PROMISED, NOT_PROMISED = PAGE.split("\n## Not promised\n")
TEST = re.compile(r"`(tests/[a-z0-9_/]+\.py)::(test_[a-z0-9_]+)`")
ROWS = [line for line in PROMISED.splitlines() if re.match(r"\| [A-Z]\d+ ", line)]


def names_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip())
def test_every_promise_is_one_sentence_with_tests_that_exist(row: str) -> None:
    _, number, promise, proofs, _ = row.split("|")
    assert promise.strip().endswith("."), number
    assert ". " not in promise.strip(), f"{number} is more than one sentence"
    named = TEST.findall(proofs)
    assert named, f"{number} names no test"
    assert TEST.sub("", proofs).strip() == "", f"{number} names something that is no test"
    for file, name in named:
        assert (ROOT / file).is_file(), file
        assert name in names_in(ROOT / file), f"{file} has no {name}"


def test_promises_are_numbered_once_and_in_order() -> None:
    numbers = [row.split("|")[1].strip() for row in ROWS]
    assert len(numbers) > 25
    assert len(set(numbers)) == len(numbers)
    for letter in {number[0] for number in numbers}:
        own = [int(number[1:]) for number in numbers if number[0] == letter]
        assert own == list(range(1, len(own) + 1)), letter


def test_what_is_not_promised_is_said_too() -> None:
    assert len(re.findall(r"^- \*", NOT_PROMISED, flags=re.MULTILINE)) >= 8


def test_nobody_promises_exactly_once() -> None:
    """Decision 15: the words are not written, but to say that it is not promised."""
    assert "exactly once" not in PROMISED.lower()
