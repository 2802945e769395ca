"""Figures of the exchange: who is connected, and how much was exchanged (F001 to F011)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from lienthong.exchange import gateway_admin
from lienthong.exchange.figures import Counted, FigureBook, Kind
from lienthong.kernel import clock
from lienthong.kernel.periods import Period
from lienthong.web import legal_day

from .domain import share_of, typical_day, year_to_date
from .models import MemberKind
from .queries import register, totals

FIGURES = FigureBook("directory")
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


def _traffic(period: Period) -> Counted:
    """
    Imported exchanges by their own day, live ones by the day they were lived (decision 1).

    The own gateway is asked, open hours and all; of the others their signed days count.
    """
    window = legal_day.calendar_window(period)
    imported = gateway_admin.counts(*period.instants()).answered.imported
    live = gateway_admin.counts(*window.instants()).answered.live if window else 0
    imported += sum(totals.others_by_day(period, imported=True).values())
    live += sum(totals.others_by_day(window, imported=False).values()) if window else 0
    return Counted(
        value=live + imported,
        rows=live + imported,
        imported=imported,
        start=period.start,
        end=period.end,
        note=_note(window),
    )


def _note(window: Period | None) -> str:
    """Which gateways the number rests on, and which have not reported yet, since when."""
    if window is None:
        return ""
    known = totals.basis(window, clock.instant())
    if known.alone:
        return ""
    said = [
        f"Cổng của danh bạ tính đến lúc lập; {known.gateways} cổng khác tính theo "
        f"{known.reports} báo cáo ngày đã ký"
    ]
    if known.until is not None and known.until >= window.start:
        said[0] += f", đủ đến hết ngày {known.until:%d/%m/%Y}"
    said += [
        f"Cổng {row.gateway.code} ({row.gateway.owner.name}) chưa báo cáo "
        f"{len(row.missing)} ngày, từ ngày {min(row.missing):%d/%m/%Y}"
        for row in known.behind
    ]
    return ". ".join(said) + "."


def _daily(period: Period) -> Iterator[tuple[date, int, int]]:
    """Legal day, live and imported exchanges of each day with traffic."""
    for day, split in gateway_admin.counts(*period.instants(), group="hour").by_day(HANOI).items():
        if split.imported:
            yield day, 0, split.imported
    for day, count in totals.others_by_day(period, imported=True).items():
        yield day, 0, count
    window = legal_day.calendar_window(period)
    if window:
        behind = window.end - period.end
        hours = gateway_admin.counts(*window.instants(), group="hour")
        for day, split in hours.by_day(HANOI).items():
            if split.live:
                yield day - behind, split.live, 0
        for day, count in totals.others_by_day(window, imported=False).items():
            yield day - behind, count, 0


def _bodies(kind: MemberKind, period: Period) -> Counted:
    linked, every = register.bodies_with_lgsp(kind, period.end)
    return Counted(value=linked, rows=linked, parts=(linked, every))


def _systems(period: Period, **only: str) -> Counted:
    found = register.subsystems_on(period.end).filter(**only).count()
    return Counted(value=found, rows=found)


@FIGURES.figure(
    "F001",
    title="Bộ, cơ quan ngang bộ đã kết nối LGSP",
    unit="cơ quan",
    kind=Kind.STOCK,
    source="records: members, subsystems",
)
def ministries_linked(period: Period) -> Counted:
    """
    Số bộ, cơ quan ngang bộ có nền tảng cấp bộ (LGSP) đang kết nối vào ngày cuối kỳ,
    trên tổng số bộ, cơ quan ngang bộ có trong danh bạ.
    """
    return _bodies(MemberKind.MINISTRY, period)


@FIGURES.figure(
    "F002",
    title="Tỉnh, thành phố đã kết nối LGSP",
    unit="tỉnh",
    kind=Kind.STOCK,
    source="records: members, subsystems",
)
def provinces_linked(period: Period) -> Counted:
    """
    Số tỉnh, thành phố trực thuộc Trung ương có nền tảng cấp tỉnh (LGSP) đang kết nối
    vào ngày cuối kỳ, trên tổng số tỉnh, thành phố có trong danh bạ.
    """
    return _bodies(MemberKind.PROVINCE, period)


@FIGURES.figure(
    "F003",
    title="Tỷ lệ bộ, tỉnh đã kết nối LGSP",
    unit="%",
    kind=Kind.RATIO,
    source="records: members, subsystems",
)
def share_linked(period: Period) -> Counted:
    """Tổng của F001 và F002 chia cho tổng số bộ, cơ quan ngang bộ và tỉnh, thành phố."""
    linked, every = (
        sum(pair)
        for pair in zip(
            register.bodies_with_lgsp(MemberKind.MINISTRY, period.end),
            register.bodies_with_lgsp(MemberKind.PROVINCE, period.end),
            strict=True,
        )
    )
    return Counted(value=share_of(linked, every), rows=every, parts=(linked, every))


@FIGURES.figure(
    "F004",
    title="Hệ thống đã kết nối",
    unit="hệ thống",
    kind=Kind.STOCK,
    source="records: subsystems",
)
def systems_connected(period: Period) -> Counted:
    """Số hệ thống thông tin đang kết nối vào ngày cuối kỳ."""
    return _systems(period)


@FIGURES.figure(
    "F005",
    title="Cơ quan, đơn vị có hệ thống kết nối",
    unit="cơ quan",
    kind=Kind.STOCK,
    source="records: subsystems",
)
def bodies_connected(period: Period) -> Counted:
    """Số cơ quan, đơn vị có ít nhất một hệ thống đang kết nối vào ngày cuối kỳ."""
    bodies = register.subsystems_on(period.end).values("member").distinct().count()
    return Counted(value=bodies, rows=register.subsystems_on(period.end).count())


@FIGURES.figure(
    "F006",
    title="Nền tảng cấp bộ, tỉnh (LGSP)",
    unit="LGSP",
    kind=Kind.STOCK,
    source="records: subsystems",
)
def lgsps(period: Period) -> Counted:
    """Số hệ thống loại LGSP đang kết nối vào ngày cuối kỳ."""
    return _systems(period, kind="lgsp")


@FIGURES.figure(
    "F007",
    title="Cơ sở dữ liệu đã kết nối",
    unit="CSDL",
    kind=Kind.STOCK,
    source="records: subsystems",
)
def databases(period: Period) -> Counted:
    """Số hệ thống loại cơ sở dữ liệu đang kết nối vào ngày cuối kỳ."""
    return _systems(period, kind="database")


@FIGURES.figure(
    "F008",
    title="Hệ thống từ Trung ương đến địa phương",
    unit="hệ thống",
    kind=Kind.STOCK,
    source="records: subsystems",
)
def national_systems(period: Period) -> Counted:
    """Số hệ thống có quy mô, phạm vi từ Trung ương đến địa phương đang kết nối vào ngày cuối kỳ."""
    return _systems(period, kind="national")


@FIGURES.figure(
    "F009",
    title="Giao dịch trong kỳ",
    unit="giao dịch",
    kind=Kind.FLOW,
    source="rollups: provider-side answered exchanges; signed days of other gateways",
)
def exchanges_in_window(period: Period) -> Counted:
    """
    Số giao dịch được hệ thống cung cấp trả lời trong kỳ, đếm một lần tại cổng của bên
    cung cấp, cộng mọi cổng của cả nước theo báo cáo ngày đã ký. Không tính lần bị từ
    chối, lần không kết nối được và dịch vụ quản trị.
    """
    return _traffic(period)


@FIGURES.figure(
    "F010",
    title="Giao dịch từ đầu năm",
    unit="giao dịch",
    kind=Kind.FLOW,
    source="rollups: provider-side answered exchanges; signed days of other gateways",
)
def exchanges_this_year(period: Period) -> Counted:
    """Số giao dịch, đếm như F009, từ ngày 01/01 của năm đến ngày cuối kỳ."""
    return _traffic(year_to_date(period))


@FIGURES.figure(
    "F011",
    title="Giao dịch trong một ngày điển hình",
    unit="giao dịch/ngày",
    kind=Kind.TYPICAL,
    source="rollups: provider-side answered exchanges by day; signed days of other gateways",
)
def exchanges_on_a_typical_day(period: Period) -> Counted:
    """
    Số trung vị của tổng giao dịch từng ngày, đếm như F009, từ ngày 01/01 của năm đến
    ngày cuối kỳ; ngày không có giao dịch tính là 0.
    """
    year = year_to_date(period)
    by_day: dict[date, int] = {}
    rows = imported = 0
    for day, live, loaded in _daily(year):
        by_day[day] = by_day.get(day, 0) + live + loaded
        rows += live + loaded
        imported += loaded
    return Counted(
        value=Decimal(typical_day(by_day, year)),
        rows=rows,
        imported=imported,
        start=year.start,
        end=year.end,
        note=_note(legal_day.calendar_window(year)),
    )
