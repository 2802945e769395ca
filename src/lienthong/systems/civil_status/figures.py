"""The figures of the register: desks, users and entries (F014 to F023)."""

from __future__ import annotations

from lienthong.exchange.figures import Counted, FigureBook, Kind
from lienthong.kernel.periods import Period
from lienthong.systems.civil_status import queries
from lienthong.systems.civil_status.domain.entries import DeskLevel
from lienthong.systems.civil_status.models import (
    BirthRegistration,
    DeathRegistration,
    Entry,
    MarriageRegistration,
    Origin,
    OtherRegistration,
)
from lienthong.web import catalogues

FIGURES = FigureBook("civil_status")


def _entries(book: type[Entry], period: Period) -> Counted:
    value, imported = queries.counted(queries.entered_until(book, period.end))
    return Counted(value=value, rows=value, imported=imported, end=period.end)


def _desks(level: DeskLevel, period: Period) -> Counted:
    found = queries.desks_on(level, period.end).count()
    return Counted(value=found, rows=found, end=period.end)


@FIGURES.figure(
    "F014",
    title="Tỉnh, thành phố dùng hệ thống đăng ký hộ tịch",
    unit="tỉnh",
    kind=Kind.STOCK,
    source="records: Desk",
)
def provinces_with_desks(period: Period) -> Counted:
    """
    Số tỉnh, thành phố trực thuộc Trung ương có bàn đăng ký hộ tịch cấp tỉnh đang hoạt động
    vào ngày cuối kỳ, trên tổng số tỉnh, thành phố của ngày đó.
    """
    desks = queries.desks_on(DeskLevel.PROVINCE, period.end)
    found = desks.values("unit").distinct().count()
    every = len(catalogues.units().provinces(period.end))
    return Counted(value=found, rows=desks.count(), parts=(found, every), end=period.end)


@FIGURES.figure(
    "F015",
    title="Người dùng hệ thống đăng ký hộ tịch",
    unit="người",
    kind=Kind.STOCK,
    source="records: DeskUser",
)
def users(period: Period) -> Counted:
    """Số quyền truy cập của công chức vào hệ thống còn hiệu lực vào ngày cuối kỳ."""
    rows = queries.users_on(period.end)
    found = rows.count()
    imported = rows.filter(origin=Origin.IMPORT).count()
    return Counted(value=found, rows=found, imported=imported, end=period.end)


@FIGURES.figure(
    "F016",
    title="Ủy ban nhân dân cấp xã",
    unit="cơ quan",
    kind=Kind.STOCK,
    source="records: Desk",
)
def commune_desks(period: Period) -> Counted:
    """Số bàn đăng ký hộ tịch cấp xã đang hoạt động vào ngày cuối kỳ."""
    return _desks(DeskLevel.COMMUNE, period)


@FIGURES.figure(
    "F017",
    title="Phòng Tư pháp",
    unit="cơ quan",
    kind=Kind.STOCK,
    source="records: Desk",
)
def district_desks(period: Period) -> Counted:
    """Số bàn đăng ký hộ tịch cấp huyện đang hoạt động vào ngày cuối kỳ."""
    return _desks(DeskLevel.DISTRICT, period)


@FIGURES.figure(
    "F018",
    title="Sở Tư pháp",
    unit="cơ quan",
    kind=Kind.STOCK,
    source="records: Desk",
)
def province_desks(period: Period) -> Counted:
    """Số Sở Tư pháp có quyền truy cập hệ thống vào ngày cuối kỳ."""
    return _desks(DeskLevel.PROVINCE, period)


@FIGURES.figure(
    "F019",
    title="Dữ liệu đăng ký khai sinh",
    unit="dữ liệu",
    kind=Kind.STOCK,
    source="records: BirthRegistration",
)
def births(period: Period) -> Counted:
    """Số việc khai sinh đã đăng ký đến hết ngày cuối kỳ, trừ việc đã bị thu hồi đến ngày đó."""
    return _entries(BirthRegistration, period)


@FIGURES.figure(
    "F020",
    title="Trẻ em được cấp số định danh cá nhân",
    unit="người",
    kind=Kind.STOCK,
    source="records: BirthRegistration",
)
def children_with_an_id(period: Period) -> Counted:
    """
    Số việc khai sinh của F019 đã nhận số định danh cá nhân do cơ sở dữ liệu dân cư cấp
    đến hết ngày cuối kỳ. Đối chiếu được với P001 của cơ sở dữ liệu dân cư.
    """
    rows = queries.entered_until(BirthRegistration, period.end)
    value, imported = queries.counted(rows.filter(id_issued_on__lte=period.end))
    return Counted(value=value, rows=value, imported=imported, end=period.end)


@FIGURES.figure(
    "F021",
    title="Dữ liệu đăng ký kết hôn",
    unit="dữ liệu",
    kind=Kind.STOCK,
    source="records: MarriageRegistration",
)
def marriages(period: Period) -> Counted:
    """Số việc kết hôn đã đăng ký đến hết ngày cuối kỳ, trừ việc đã bị thu hồi đến ngày đó."""
    return _entries(MarriageRegistration, period)


@FIGURES.figure(
    "F022",
    title="Dữ liệu đăng ký khai tử",
    unit="dữ liệu",
    kind=Kind.STOCK,
    source="records: DeathRegistration",
)
def deaths(period: Period) -> Counted:
    """Số việc khai tử đã đăng ký đến hết ngày cuối kỳ, trừ việc đã bị thu hồi đến ngày đó."""
    return _entries(DeathRegistration, period)


@FIGURES.figure(
    "F023",
    title="Dữ liệu hộ tịch khác",
    unit="dữ liệu",
    kind=Kind.STOCK,
    source="records: OtherRegistration",
)
def other_events(period: Period) -> Counted:
    """
    Số việc hộ tịch khác (nhận cha, mẹ, con; giám hộ; nuôi con nuôi; thay đổi, cải chính,
    bổ sung; xác định lại dân tộc; xác nhận tình trạng hôn nhân; ghi chú) đã đăng ký đến hết
    ngày cuối kỳ, trừ việc đã bị thu hồi đến ngày đó.
    """
    return _entries(OtherRegistration, period)
