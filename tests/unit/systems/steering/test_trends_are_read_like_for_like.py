"""A figure is compared with like; what is out of the usual is told by dated limits."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from lienthong.systems.steering.domain.catalogue import latest
from lienthong.systems.steering.domain.stated import Stated
from lienthong.systems.steering.domain.trends import Limit, compare, limit_of, remarks_on

DAY = date(2021, 8, 20)
FLOW = Limit("flow", date(2021, 1, 1), Decimal(50), Decimal(30))


def stated(code, value, days=31, unit=""):
    return Stated(code, Decimal(str(value)), unit, days=days)


def told(code, now, before, limit=FLOW):
    known = latest(code)
    return {r.code for r in remarks_on(compare(known, now, before), known, limit, "tháng trước")}


def test_an_unfinished_month_is_compared_by_its_daily_mean():
    compared = compare(latest("F067"), stated("F067", 200, days=20), stated("F067", 310))
    assert compared.by_day
    assert compared.growth == 0
    assert not compare(latest("F067"), stated("F067", 200, days=30), stated("F067", 310)).by_day


@pytest.mark.parametrize(
    ("now", "found"),
    [(150, set()), (151, {"unusual-growth"}), (69, {"unusual-growth"}), (70, set())],
)
def test_growth_is_told_only_beyond_its_limit(now, found):
    assert told("F067", stated("F067", now), stated("F067", 100)) == found


def test_a_stock_that_falls_is_told_whatever_the_limit():
    assert told("F019", stated("F019", 99), stated("F019", 100), None) == {"stock-falls"}
    assert told("F019", stated("F019", 100), stated("F019", 100), None) == set()
    assert told("F067", stated("F067", 99), stated("F067", 100), None) == set(), "a flow may fall"


def test_a_ratio_grows_by_points():
    compared = compare(
        latest("F055"), stated("F055", "27.71", unit="%"), stated("F055", 20, unit="%")
    )
    assert compared.growth == Decimal("7.71")


def test_nothing_grows_from_zero():
    assert compare(latest("F067"), stated("F067", 5), stated("F067", 0)).growth is None


def test_the_limit_of_a_figure_wins_over_that_of_its_kind_and_the_later_over_the_earlier():
    own = Limit("F067", date(2021, 3, 1), Decimal(5), Decimal(5))
    later = Limit("F067", date(2021, 8, 1), Decimal(9), Decimal(9))
    future = Limit("F067", date(2021, 9, 1), Decimal(1), Decimal(1))
    limits = [later, future, FLOW, own]
    assert limit_of(latest("F067"), DAY, limits) == later
    assert limit_of(latest("F067"), date(2021, 7, 31), limits) == own
    assert limit_of(latest("F009"), DAY, limits) == FLOW
    assert limit_of(latest("F019"), DAY, limits) is None
