"""
The figures this secretariat can state about its own rows: committees and tasks.

F069 and F070 are the report's; S001 to S006 count all tasks, with the identities
of Report 1270/BC-TCTTTg: total = done + not done, done = in time + late, not
done = not yet due + overdue.
"""

from __future__ import annotations

from decimal import Decimal

from lienthong.exchange.figures import Counted, FigureBook, Kind
from lienthong.kernel.periods import Period

from .domain.deadlines import Tally
from .models import Progress
from .models.directives import Origin
from .queries.tasks import assigned_by, counted_by, tally

FIGURES = FigureBook("steering")

TASKS, REPORTS = "records: Task", "records: Task, Progress"


def _bodies_done(period: Period, figure: str) -> Counted:
    done = counted_by(figure, period.end)
    reports = Progress.objects.filter(task__in=done.values("pk"), finishes=True, withdrawn_at=None)
    found = done.values("lead").distinct().count()
    imported = reports.filter(origin=Origin.IMPORT).count()
    return Counted(value=found, rows=reports.count(), imported=imported, end=period.end)


@FIGURES.figure(
    "F069",
    title="Tỉnh, thành phố đã kiện toàn Ban Chỉ đạo",
    unit="tỉnh",
    kind=Kind.STOCK,
    source=REPORTS,
)
def provinces_reorganised(period: Period) -> Counted:
    """
    Số tỉnh, thành phố trực thuộc Trung ương có nhiệm vụ theo Quyết định 701/QĐ-TTg ngày
    26/5/2020 được báo cáo hoàn thành đến hết ngày cuối kỳ, trừ báo cáo đã rút.
    """
    return _bodies_done(period, "F069")


@FIGURES.figure(
    "F070",
    title="Cơ quan Trung ương đã kiện toàn Ban Chỉ đạo",
    unit="cơ quan",
    kind=Kind.STOCK,
    source=REPORTS,
)
def central_bodies_reorganised(period: Period) -> Counted:
    """
    Số bộ, cơ quan ngang bộ, cơ quan thuộc Chính phủ có nhiệm vụ theo Quyết định 701/QĐ-TTg
    ngày 26/5/2020 được báo cáo hoàn thành đến hết ngày cuối kỳ, trừ báo cáo đã rút.
    """
    return _bodies_done(period, "F070")


def _counted(period: Period, figure: str) -> Counted:
    rows = counted_by(figure, period.end)
    found = rows.count()
    imported = rows.filter(origin=Origin.IMPORT).count()
    return Counted(value=found, rows=found, imported=imported, end=period.end)


@FIGURES.figure("S001", title="Nhiệm vụ đã giao", unit="nhiệm vụ", kind=Kind.STOCK, source=TASKS)
def assigned(period: Period) -> Counted:
    """Số nhiệm vụ của các văn bản ban hành đến hết ngày cuối kỳ, trừ nhiệm vụ đã rút."""
    return _counted(period, "S001")


@FIGURES.figure(
    "S002",
    title="Nhiệm vụ hoàn thành đúng hạn",
    unit="nhiệm vụ",
    kind=Kind.STOCK,
    source=TASKS,
)
def done_in_time(period: Period) -> Counted:
    """Số nhiệm vụ hoàn thành không muộn hơn hạn, hoặc không có hạn, đến hết ngày cuối kỳ."""
    return _counted(period, "S002")


@FIGURES.figure(
    "S003",
    title="Nhiệm vụ hoàn thành muộn",
    unit="nhiệm vụ",
    kind=Kind.STOCK,
    source=TASKS,
)
def done_late(period: Period) -> Counted:
    """Số nhiệm vụ hoàn thành sau hạn, đến hết ngày cuối kỳ."""
    return _counted(period, "S003")


@FIGURES.figure(
    "S004", title="Nhiệm vụ chưa đến hạn", unit="nhiệm vụ", kind=Kind.STOCK, source=TASKS
)
def not_yet_due(period: Period) -> Counted:
    """Số nhiệm vụ chưa hoàn thành mà hạn chưa qua hoặc không có hạn vào ngày cuối kỳ."""
    return _counted(period, "S004")


@FIGURES.figure("S005", title="Nhiệm vụ quá hạn", unit="nhiệm vụ", kind=Kind.STOCK, source=TASKS)
def overdue(period: Period) -> Counted:
    """Số nhiệm vụ chưa hoàn thành mà hạn đã qua vào ngày cuối kỳ."""
    return _counted(period, "S005")


@FIGURES.figure(
    "S006",
    title="Tỷ lệ hoàn thành trên số nhiệm vụ đến hạn",
    unit="%",
    kind=Kind.RATIO,
    source=TASKS,
)
def kept(period: Period) -> Counted:
    """Số nhiệm vụ hoàn thành chia cho tổng số nhiệm vụ hoàn thành và quá hạn vào ngày cuối kỳ."""
    counted: Tally = tally(assigned_by(period.end))
    done, of = counted.kept
    value = Decimal(100 * done) / of if of else Decimal(0)
    rows = counted_by("S006", period.end)
    return Counted(
        value=value.quantize(Decimal("0.01")),
        rows=of,
        imported=rows.filter(origin=Origin.IMPORT).count(),
        parts=(done, of),
        end=period.end,
    )
