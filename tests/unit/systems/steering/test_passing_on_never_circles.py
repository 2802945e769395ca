from __future__ import annotations

import pytest

from lienthong.systems.steering.domain.cascade import Passed, coverage, refuse_circle
from lienthong.systems.steering.errors import CascadeCircles


def test_a_line_of_tasks_is_no_circle() -> None:
    refuse_circle(4, [3], {3: {2}, 2: {1}})


@pytest.mark.parametrize("parents", [[1], [2], [3]])
def test_a_task_never_rests_on_itself(parents: list[int]) -> None:
    """1 rests on 3, 3 on 2, and 2 would rest on 1."""
    above = {2: {1}, 3: {2}, 1: set[int]()}
    with pytest.raises(CascadeCircles):
        refuse_circle(1, parents, above)


def test_a_circle_that_is_there_already_does_not_spin() -> None:
    refuse_circle(9, [1], {1: {2}, 2: {1}})


def test_each_earlier_task_is_named_covered_or_left_out() -> None:
    letter = [
        Passed(100, frozenset({1, 2, 3, 4}), general=True),
        Passed(101, frozenset({1})),
        Passed(102, frozenset({2, 3})),
    ]
    result = coverage([1, 2, 3, 4, 5], letter)
    assert result.singled_out == {1: (101,), 2: (102,), 3: (102,)}
    assert result.only_general == {4: (100,)}
    assert result.left_out == (5,)
    assert not result.is_whole
