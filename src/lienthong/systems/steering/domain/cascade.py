"""
Tasks passed on: from the Government to a ministry or province, from there to a department.

A task of a later document carries on one or several tasks of earlier ones. The
walk upward must end, so a passing-on that would come back to itself is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from ..errors import CascadeCircles


def refuse_circle(child: int, parents: Iterable[int], above: Mapping[int, Collection[int]]) -> None:
    """
    Raises `CascadeCircles` when one of the parents already rests on the child.

    ``above`` names the parents of every task that may be met on the way up.
    """
    waiting, seen = list(parents), set[int]()
    while waiting:
        one = waiting.pop()
        if one == child:
            raise CascadeCircles(task=child)
        if one not in seen:
            seen.add(one)
            waiting.extend(above.get(one, ()))


@dataclass(frozen=True, slots=True)
class Passed:
    """A task of the passing-on document with the tasks above it."""

    task: int
    parents: frozenset[int]
    general: bool = False
    """Whether it hands on the whole earlier document and singles nothing out."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What became of the earlier tasks in the document that passes them on."""

    singled_out: dict[int, tuple[int, ...]]
    """Earlier task: the later tasks that name it."""
    only_general: dict[int, tuple[int, ...]]
    """Earlier task: the later tasks that cover it with all the rest, and nothing else."""
    left_out: tuple[int, ...]

    @property
    def is_whole(self) -> bool:
        return not self.only_general and not self.left_out


def coverage(earlier: Iterable[int], later: Iterable[Passed]) -> Coverage:
    """Which earlier tasks the later document names, hands on with the rest, or leaves out."""
    passed = tuple(later)
    singled: dict[int, tuple[int, ...]] = {}
    general: dict[int, tuple[int, ...]] = {}
    left: list[int] = []
    for task in earlier:
        named = tuple(p.task for p in passed if task in p.parents and not p.general)
        whole = tuple(p.task for p in passed if task in p.parents and p.general)
        if named:
            singled[task] = named
        elif whole:
            general[task] = whole
        else:
            left.append(task)
    return Coverage(singled, general, tuple(left))
