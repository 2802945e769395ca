"""Where the console speaks for the country, the days other gateways signed stand beside its own."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client

from lienthong.cli import registration
from lienthong.exchange import gateway_admin
from lienthong.exchange.gateway_admin import CountRow, Counts, Split
from lienthong.exchange.registry import cards
from lienthong.gateway.membership import Membership
from lienthong.kernel import clock
from lienthong.kernel.node import Node
from lienthong.kernel.periods import Period
from lienthong.systems.directory import services
from lienthong.systems.directory.queries import operations, traffic
from systems.directory.days_cast import LGSP, STATUS, STEERING, VERIFY, row, signed, told
from systems.directory.joining_cast import Newcomer, approved
from systems.directory.test_the_console_shows_what_came import sign_in

pytestmark = pytest.mark.django_db
PROVINCE = "VN/GOV/TINH-91/kien-giang"


@pytest.fixture
def day() -> date:
    """Tomorrow: every certificate of the tests is good when it is closed."""
    return clock.local(clock.instant()).date() + timedelta(days=1)


@pytest.fixture
def country(
    node: Node, tmp_path: Path, day: date, monkeypatch: pytest.MonkeyPatch
) -> tuple[Node, Newcomer]:
    """
    A directory whose own gateway answered sixty, and a province that answered others.

    Of its days some are lived, some imported, and some not answered.
    """
    services.install_country(node, cards())
    newcomer = Newcomer.fresh(node, tmp_path / "kien-giang")
    newcomer.join(approved(node)[1])
    held = Membership.of(newcomer.node)
    assert held is not None
    registration.write_gateway_files(newcomer.node, held, [])
    told(
        signed(
            newcomer.node, PROVINCE, day,
            row(STEERING, STATUS, "provider", 7),
            row(STEERING, STATUS, "provider", 5, "failed"),
            row(LGSP, VERIFY, "consumer", 9),
        ),
        signed(newcomer.node, PROVINCE, day, row(STEERING, STATUS, "provider", 100), source="s-1"),
        # The own gateway's days are kept too, and count nothing twice.
        signed(node, "VN/GOV/G14/national", day, row(LGSP, VERIFY, "provider", 60)),
    )  # fmt: skip

    def counts(start: datetime, end: datetime, *, group: str = "total", **_: object) -> Counts:
        rows = {
            "pair": [CountRow(client=LGSP, service=VERIFY, live=60)],
            "hour": [CountRow(hour=start, live=60)],
        }
        return Counts(answered=Split(60), rows=rows.get(group, []))

    monkeypatch.setattr(gateway_admin, "counts", counts)
    monkeypatch.setattr(gateway_admin, "exchanges", lambda **_: [])
    monkeypatch.setattr(gateway_admin, "health", lambda: {"wrong": []})
    return node, newcomer


def test_the_drum_shows_what_other_gateways_answered(
    country: tuple[Node, Newcomer], day: date
) -> None:
    drawn = traffic.picture(Period(day, day))
    by_name = {name: count for name, _, count in drawn["twin"]}
    assert by_name["UBND tỉnh Kiên Giang"] == 60 + 107
    assert drawn["basis"].gateways == 1
    assert drawn["chart"].peak[1] == 60  # a signed day has no hours


def test_pairs_of_other_gateways_stand_beside_the_own_and_hours_do_not(
    country: tuple[Node, Newcomer], day: date
) -> None:
    found = operations.traffic(Period(day, day))
    counted = {(one.client, one.service): (one.count, one.elsewhere) for one in found.pairs}
    assert counted == {(LGSP, VERIFY): (60, 0), (STEERING, STATUS): (0, 107)}
    assert (found.elsewhere, found.totals["answered"]) == (107, 60)
    assert found.heat.largest == 60
    assert operations.chosen_pairs(found.pairs, "", "count")[0].service == STATUS
    one = operations.traffic(Period(day, day), client=LGSP, service=VERIFY)
    assert one.elsewhere == 0


def test_the_pages_say_whose_counts_they_show(country: tuple[Node, Newcomer], day: date) -> None:
    operator = sign_in(["directory.operator"])
    days = {"start": day.isoformat(), "end": day.isoformat()}
    page = operator.get("/canbo/directory/traffic/", days).content.decode()
    assert "số đếm của nhật ký tại cổng của nút này" in page
    assert "Giờ và kết quả chỉ là của cổng tại nút này" in page
    assert "Của 1 cổng khác, tính theo 1 báo cáo ngày đã ký" in page
    assert "chỉ biết theo ngày" in page
    assert "Hình và bảng kèm theo là của cả nước" in console(operator)
    text = operator.get("/canbo/directory/traffic.csv", days).content.decode()
    lines = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [line[-3:] for line in lines[1:]] == [["0", "0", "107"], ["60", "0", "0"]]


def console(operator: Client) -> str:
    return str(operator.get("/canbo/directory/").content.decode())


def test_a_country_of_one_gateway_needs_no_note(node: Node, monkeypatch) -> None:
    services.install_country(node, cards())
    monkeypatch.setattr(gateway_admin, "counts", lambda *_, **__: Counts())
    monkeypatch.setattr(gateway_admin, "exchanges", lambda **_: [])
    monkeypatch.setattr(gateway_admin, "health", lambda: {"wrong": []})
    assert "Hình và bảng kèm theo" not in console(sign_in(["directory.operator"]))
