from __future__ import annotations

import hashlib
import math
import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from lienthong.kernel.periods import Period
from lienthong.systems.directory import domain

AUGUST = Period(date(2021, 8, 1), date(2021, 8, 20))


def test_a_typical_day_is_the_median_and_not_moved_by_one_busy_day():
    totals = {date(2021, 8, n): 100 for n in range(1, 20)} | {date(2021, 8, 20): 1_000_000}
    assert domain.typical_day(totals, AUGUST) == 100


def test_a_day_without_traffic_counts_as_zero():
    assert domain.typical_day({date(2021, 8, 20): 500}, AUGUST) == 0


def test_the_year_to_date_starts_in_the_year_of_the_end():
    across = Period(date(2020, 12, 19), date(2021, 1, 19))
    assert domain.year_to_date(across) == Period(date(2021, 1, 1), date(2021, 1, 19))


@pytest.mark.parametrize(
    ("linked", "every", "percent"), [(85, 85, 100), (84, 85, 99), (1, 200, 1), (0, 0, 0)]
)
def test_a_share_is_rounded_half_up(linked, every, percent):
    assert domain.share_of(linked, every) == percent


def test_a_grant_holds_from_its_first_instant_up_to_but_not_at_its_end():
    start, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    assert domain.is_in_force(start, end, start)
    assert not domain.is_in_force(start, end, end)
    assert domain.is_in_force(start, None, datetime(2100, 1, 1, tzinfo=UTC))


def test_the_same_content_has_the_same_digest_whatever_the_key_order():
    assert domain.content_digest({"a": 1, "b": [2]}) == domain.content_digest({"b": [2], "a": 1})
    assert domain.content_digest({"a": 1}) != domain.content_digest({"a": 2})


def test_the_drum_face_gives_the_busiest_province_the_longest_tooth():
    drum = domain.drum_face({"province": [("An Giang", 4), ("Hà Nội", 100), ("Huế", 0)]})
    lengths = [
        ((tooth.x2 - tooth.x1) ** 2 + (tooth.y2 - tooth.y1) ** 2) ** 0.5 for tooth in drum.teeth
    ]
    assert len(lengths) == 2, "a province without traffic has no tooth"
    assert lengths[1] > lengths[0]
    assert [point.lit for point in drum.points] == [True, True, False]


@given(st.dictionaries(st.integers(0, 23), st.integers(0, 50_000_000)))
def test_no_bar_of_the_hour_chart_leaves_the_axis(by_hour):
    chart = domain.hour_chart(by_hour)
    assert len(chart.bars) == 24
    assert all(0 <= bar.height <= 190.01 and bar.y >= -0.01 for bar in chart.bars)
    assert [value for _, value in chart.marks][-1] >= max(by_hour.values(), default=0)


@given(size=st.integers(1, 70), data=st.data())
def test_the_sides_of_a_proof_rebuild_the_root(size, data):
    """The sides drawn are those with which the hashes really combine."""
    index = data.draw(st.integers(0, size - 1))
    tree = InmemoryTree(algorithm="sha256")
    for n in range(size):
        tree.append_entry(str(n).encode())
    proof = _audit_path(
        index, [hashlib.sha256(b"\0" + str(n).encode()).digest() for n in range(size)]
    )
    at = hashlib.sha256(b"\0" + str(index).encode()).digest()
    for step, sibling in zip(
        domain.path_steps(index, size, [h.hex() for h in proof]), proof, strict=True
    ):
        pair = sibling + at if step.sibling_is_left else at + sibling
        at = hashlib.sha256(b"\1" + pair).digest()
    assert at == tree.get_root(size)


def _audit_path(index: int, leaves: list[bytes]) -> list[bytes]:
    """PATH(m, D[n]) of RFC 9162 section 2.1.3.1, written from its text."""
    if len(leaves) == 1:
        return []
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    if index < split:
        return [*_audit_path(index, leaves[:split]), _root(leaves[split:])]
    return [*_audit_path(index - split, leaves[split:]), _root(leaves[:split])]


def _root(leaves: list[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\1" + _root(leaves[:split]) + _root(leaves[split:])).digest()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Cơ sở dữ liệu quốc gia về dân cư", "Dân cư"),
        ("CSDL quốc gia về Bảo hiểm", "Bảo hiểm"),
        ("CSDL đất đai quốc gia", "Đất đai"),
        ("Cơ sở dữ liệu hộ tịch điện tử", "Hộ tịch"),
    ],
)
def test_a_database_is_called_by_the_words_that_set_it_apart(name, words):
    assert domain.in_few_words(name) == words


def test_a_database_that_took_part_is_joined_to_the_middle():
    drum = domain.drum_face({"database": [("CSDL đất đai quốc gia", 0), ("CSDL dân cư", 7)]})
    assert [point.caption for point in drum.points] == ["Đất đai", "Dân cư"]
    assert len(drum.spokes) == 1


def test_the_thread_touches_the_circles_it_joins():
    drum = domain.drum_face({"ministry": [(str(n), 1) for n in range(22)]})
    ends = re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", drum.threads[0])
    assert len(ends) == 44
    for x, y in ends:
        nearest = min(math.hypot(float(x) - p.x, float(y) - p.y) for p in drum.points)
        assert nearest == pytest.approx(drum.points[0].radius, abs=0.1)


@given(size=st.integers(2, 5000), data=st.data())
def test_the_picture_of_a_proof_holds_every_hash_on_its_side(size, data):
    proof = ["ab" * 32] * data.draw(st.integers(1, 40))
    steps = domain.path_steps(data.draw(st.integers(0, size - 1)), size, proof)
    picture = domain.path_picture(steps)
    assert len(picture.nodes) == len(steps) + 1
    left, top, width, height = picture.box
    for (x, y), one, step in zip(picture.nodes[1:], picture.siblings, reversed(steps), strict=True):
        assert one.is_left == step.sibling_is_left == (one.x < x)
        assert left <= one.x <= left + width
        assert top <= y <= top + height
