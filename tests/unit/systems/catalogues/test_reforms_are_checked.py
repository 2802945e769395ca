from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from lienthong.kernel.units import Confidence, Level, Unit
from lienthong.systems.catalogues.domain.reforms import Part, Replacement, checked
from lienthong.systems.catalogues.errors import BadMerger

REFORM = date(2025, 7, 1)


def unit(code: str, valid_from: date, valid_to: date | None = None) -> Unit:
    return Unit(code, f"Xã {code}", "xã", Level.COMMUNE, "91", valid_from, valid_to)


OLD = unit("31096", date(2004, 7, 8))
ENDED = unit("31096", date(2004, 7, 8), date(2024, 12, 31))
OTHER = unit("31090", date(2004, 7, 8))
NEW = unit("31078", REFORM)
SECOND = unit("31105", REFORM)
MERGER = Replacement(
    REFORM, "Nghị quyết thử", (Part(OLD, ("31078",)), Part(OTHER, ("31078",))), (NEW,)
)
SPLIT = Replacement(REFORM, "Nghị quyết thử", (Part(OLD, ("31078", "31105")),), (NEW, SECOND))


def test_a_merger_links_each_old_unit_whole() -> None:
    links = checked(MERGER).successions("thử")
    assert [(link.old, link.new, link.confidence, link.is_default) for link in links] == [
        ("31096", "31078", Confidence.WHOLE, True),
        ("31090", "31078", Confidence.WHOLE, True),
    ]
    assert MERGER.last_day == date(2025, 6, 30)


def test_a_split_has_one_default() -> None:
    links = checked(SPLIT).successions("thử")
    assert [(link.new, link.is_default, link.is_split) for link in links] == [
        ("31078", True, True),
        ("31105", False, True),
    ]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (replace(MERGER, legal_basis="  "), "no legal basis"),
        (replace(MERGER, parts=()), "nothing is replaced"),
        (replace(MERGER, new=(NEW, NEW)), "a code is named twice"),
        (replace(MERGER, new=(NEW, SECOND)), "links and new units do not match"),
        (replace(MERGER, parts=(Part(OLD, ()),)), "an old unit goes nowhere, or twice"),
        (replace(MERGER, new=(unit("31078", date(2025, 7, 2)),)), "does not begin on the day"),
        (
            replace(
                MERGER,
                parts=(Part(unit("31096", date(2004, 7, 8), date(2024, 12, 31)), ("31078",)),),
            ),
            "did not stand until the day before",
        ),
    ],
)
def test_an_inconsistent_reform_is_refused_with_the_reason(wrong: Replacement, reason: str) -> None:
    with pytest.raises(BadMerger) as refused:
        checked(wrong)
    assert reason in str(refused.value.detail["reason"])
