from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from statistics import median_low

import pytest

from lienthong.exchange import gateway_admin
from lienthong.exchange.registry import cards
from lienthong.kernel import clock
from lienthong.kernel.demo import DemoPlan
from lienthong.kernel.periods import Period
from lienthong.systems.directory import demo, services
from lienthong.systems.directory.figures import FIGURES

DAY = date(2021, 8, 20)


@pytest.mark.parametrize("scale", ["0.0001", "0.001", "0.01", "1"])
def test_daily_totals_give_the_month_the_year_and_the_typical_day(scale):
    plan = DemoPlan.make(Decimal(scale), 76, DAY)
    totals = demo.daily_totals(plan)
    assert sum(totals.values()) == plan.figures["F010"]
    august = [count for day, count in totals.items() if day.month == 8]
    assert sum(august) == plan.figures["F009"]
    assert median_low(totals.values()) == plan.figures["F011"]
    assert min(totals) == date(2021, 1, 1)
    assert max(totals) == DAY


def test_spreading_loses_nothing():
    days = [DAY + timedelta(n) for n in range(7)]
    assert sum(demo.spread(100, days).values()) == 100
    assert max(demo.spread(100, days).values()) - min(demo.spread(100, days).values()) == 1


@pytest.mark.django_db
def test_the_registered_country_states_the_figures_of_the_plan(node, monkeypatch):
    """The country is installed on a day of ours and loaded for 2021: every system counts."""
    plan = DemoPlan.make(Decimal("0.001"), 76, DAY)
    taken: list[gateway_admin.ImportRow] = []

    def keep(*, source, rows):
        taken.extend(rows)

    monkeypatch.setattr(gateway_admin, "import_rollups", keep)
    with clock.stopped(legal_day=date(2026, 11, 24)):
        services.install_country(node, cards())
        services.register_outside_test(node)
    with clock.stopped(legal_day=DAY):
        demo.load(plan, lambda what, done, all_of_it: None)
    assert sum(row.count for row in taken) == plan.figures["F010"]
    period = Period(DAY.replace(day=1), DAY)
    for code in ("F001", "F002", "F003", "F004", "F005", "F006", "F007", "F008"):
        assert FIGURES.definition(code).value(period).value == plan.figures[code], code
