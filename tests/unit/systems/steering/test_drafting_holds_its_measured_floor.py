"""
The rules of drafting on the seed's texts and on fifteen made-up ones.

The floors are a little below what `bench/drafting/latest.md` states, so that a change
of the rules that costs anything is seen, and below that the test names what is missed.
"""

from __future__ import annotations

import pytest

from unit.systems.steering.gold import GOLD, HELD_OUT
from unit.systems.steering.measured import Measured, drafted, measure

FLOORS = {
    # kind: precision, recall over all texts
    "head": (1.0, 1.0),
    "tasks": (0.95, 0.89),
    "leads": (0.98, 0.88),
    "dues": (0.92, 0.90),
}
HELD_OUT_FLOORS = {
    # Written after the rules: what a new text can expect.
    "head": (1.0, 1.0),
    "tasks": (0.85, 0.45),
    "leads": (0.95, 0.35),
    "dues": (0.95, 0.60),
}


def total(texts: tuple[str, ...]) -> Measured:
    result = Measured()
    for name in texts:
        result.add(measure(name))
    return result


@pytest.mark.parametrize(
    ("texts", "floors"),
    [(tuple(GOLD), FLOORS), (HELD_OUT, HELD_OUT_FLOORS)],
    ids=["every text", "held out"],
)
def test_precision_and_recall_do_not_fall(
    texts: tuple[str, ...], floors: dict[str, tuple[float, float]]
) -> None:
    measured = total(texts)
    for kind, (precision, recall) in floors.items():
        score = measured.scores[kind]
        assert score.precision >= precision, (kind, score)
        assert score.recall >= recall, (kind, score, measured.missed)


@pytest.mark.parametrize("name", GOLD)
def test_each_proposal_names_the_sentence_it_came_from(name: str) -> None:
    text = " ".join(drafted(name).head.subject.source.split()) if drafted(name).head.subject else ""
    assert text or name.startswith("seed-76")
    for one in drafted(name).tasks:
        assert one.text[1:] in one.source
        assert one.confidence


def test_who_leads_the_letter_of_kien_giang_and_with_whom() -> None:
    general, *items = drafted("seed-6922-vp-kgvx").tasks
    assert general.general
    assert (general.lead, general.confidence) == ("H33.STTTT", "high")
    assert general.co_leads[0] == "Văn phòng UBND tỉnh"
    assert general.co_leads[1].startswith("các ngành, địa phương liên quan")
    assert all(one.lead == "H33.STTTT" and not one.general for one in items)


def test_a_report_gives_work_only_in_its_recommendations() -> None:
    places = [one.place for one in drafted("seed-76-bc-btttt").tasks]
    assert places[0].endswith("1")
    assert all("I.1" not in place for place in places[1:])


@pytest.mark.parametrize(
    "text", ["", "xin chào", "1.\n2.\n", "Số: 0/AB-CD\nngày 99 tháng 99 năm 2021"]
)
def test_a_text_that_gives_nothing_proposes_nothing(text: str) -> None:
    from lienthong.systems.steering.domain.drafting.propose import draft
    from unit.systems.steering.measured import bodies

    found = draft(text, bodies())
    assert found.tasks == ()
    assert found.head.number is None
    assert found.head.issued_on is None


def test_a_long_text_without_an_end_is_read_in_bounds() -> None:
    from lienthong.systems.steering.domain.drafting.propose import MOST, draft
    from unit.systems.steering.measured import bodies

    item = "1. Bộ Y tế rà soát danh mục; Bộ Y tế, Bộ Y tế, phối hợp với Bộ Y tế\n"
    found = draft("yêu cầu:\n" + item * 4000, bodies())
    assert len(found.tasks) == MOST
    assert found.more
