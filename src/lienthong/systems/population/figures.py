"""Numbers the population database can state, counted from the numbers it gave."""

from __future__ import annotations

from lienthong.exchange.figures import Counted, FigureBook, Kind
from lienthong.kernel.periods import Period
from lienthong.systems.population import queries

FIGURES = FigureBook("population")


@FIGURES.figure(
    "P001",
    title="Số định danh đã cấp khi đăng ký khai sinh",
    unit="số",
    kind=Kind.STOCK,
    source="records: PersonalIdRow",
)
def ids_issued_at_birth(period: Period) -> Counted:
    """
    Số định danh cá nhân đã cấp cho việc đăng ký khai sinh đến hết ngày cuối kỳ, kể cả số
    sau đó đã hủy. Đếm độc lập với sổ hộ tịch để đối chiếu F020.
    """
    value, imported = queries.counted(queries.issued_at_birth(None, period.end))
    return Counted(value=value, rows=value, imported=imported, end=period.end)


@FIGURES.figure(
    "P002",
    title="Số định danh cấp trong kỳ khi đăng ký khai sinh",
    unit="số",
    kind=Kind.FLOW,
    source="records: PersonalIdRow",
)
def ids_issued_at_birth_in_window(period: Period) -> Counted:
    """Số định danh cá nhân cấp trong kỳ cho việc đăng ký khai sinh."""
    value, imported = queries.counted(queries.issued_at_birth(period.start, period.end))
    return Counted(value=value, rows=value, imported=imported)


@FIGURES.figure(
    "P003",
    title="Người đang có số định danh",
    unit="người",
    kind=Kind.STOCK,
    source="records: PersonalIdRow",
)
def persons_with_an_id(period: Period) -> Counted:
    """
    Số người có số định danh cá nhân còn hiệu lực, cấp đến hết ngày cuối kỳ và chưa hủy;
    mỗi người có nhiều nhất một số còn hiệu lực.
    """
    value, imported = queries.counted(queries.in_force_on(period.end))
    return Counted(value=value, rows=value, imported=imported, end=period.end)


@FIGURES.figure(
    "P004",
    title="Số định danh đã hủy",
    unit="số",
    kind=Kind.STOCK,
    source="records: PersonalIdRow",
)
def ids_cancelled(period: Period) -> Counted:
    """Số định danh cá nhân đã hủy đến hết ngày cuối kỳ; số đã hủy không bao giờ cấp lại."""
    rows = queries.issued_until(period.end).filter(cancelled_on__lte=period.end)
    value, imported = queries.counted(rows)
    return Counted(value=value, rows=value, imported=imported, end=period.end)
