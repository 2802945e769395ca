"""
The figures this secretariat can state about its own rows: committees and tasks.

F069 and F070 are the report's; S001 to S006 count all tasks, with the identities
of Report 1270/BC-TCTTTg: total = done + not done, done = in time + late, not
done = not yet due + overdue.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from lienthong.exchange.figures import Counted, FigureBook, Kind
from lienthong.kernel.periods import Period

from .domain.bodies import PRIME_MINISTER, Level
from .domain.deadlines import DONE, Standing, Tally
from .domain.symbols import DocumentNumber
from .models import Progress
from .models.directives import Origin
from .queries.bodies import bodies_on
from .queries.tasks import standing_on, tally

FIGURES = FigureBook("steering")

COMMITTEES = DocumentNumber.parse("701/QĐ-TTg")
COMMITTEES_ISSUED = date(2020, 5, 26)
TASKS, REPORTS = "records: Task", "records: Task, Progress"


def committees_reorganised(day: date) -> QuerySet[Any]:
    """Tasks under Decision 701/QĐ-TTg that were done by a day."""
    return standing_on(day).filter(
        document__number=COMMITTEES.number,
        document__symbol=COMMITTEES.symbol,
        document__issued_on=COMMITTEES_ISSUED,
        document__issuer=PRIME_MINISTER,
        standing__in=DONE,
    )


def _bodies_done(period: Period, *levels: Level) -> Counted:
    bodies = bodies_on(period.end)
    codes = {body.code for body in bodies.of_level(*levels)}
    done = committees_reorganised(period.end).filter(lead__in=codes)
    reports = Progress.objects.filter(task__in=done, finishes=True, withdrawn_at=None)
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
    return _bodies_done(period, Level.PROVINCE)


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
    return _bodies_done(period, Level.MINISTRY)


def _assigned(day: date) -> QuerySet[Any]:
    return standing_on(day).filter(document__issued_on__lte=day)


def _counted(period: Period, *standings: Standing) -> Counted:
    rows = _assigned(period.end).filter(standing__in=standings)
    found = rows.count()
    imported = rows.filter(origin=Origin.IMPORT).count()
    return Counted(value=found, rows=found, imported=imported, end=period.end)


@FIGURES.figure("S001", title="Nhiệm vụ đã giao", unit="nhiệm vụ", kind=Kind.STOCK, source=TASKS)
def assigned(period: Period) -> Counted:
    """Số nhiệm vụ của các văn bản ban hành đến hết ngày cuối kỳ, trừ nhiệm vụ đã rút."""
    return _counted(period, *(one for one in Standing if one is not Standing.WITHDRAWN))


@FIGURES.figure(
    "S002",
    title="Nhiệm vụ hoàn thành đúng hạn",
    unit="nhiệm vụ",
    kind=Kind.STOCK,
    source=TASKS,
)
def done_in_time(period: Period) -> Counted:
    """Số nhiệm vụ hoàn thành không muộn hơn hạn, hoặc không có hạn, đến hết ngày cuối kỳ."""
    return _counted(period, Standing.DONE_IN_TIME)


@FIGURES.figure(
    "S003",
    title="Nhiệm vụ hoàn thành muộn",
    unit="nhiệm vụ",
    kind=Kind.STOCK,
    source=TASKS,
)
def done_late(period: Period) -> Counted:
    """Số nhiệm vụ hoàn thành sau hạn, đến hết ngày cuối kỳ."""
    return _counted(period, Standing.DONE_LATE)


@FIGURES.figure(
    "S004", title="Nhiệm vụ chưa đến hạn", unit="nhiệm vụ", kind=Kind.STOCK, source=TASKS
)
def not_yet_due(period: Period) -> Counted:
    """Số nhiệm vụ chưa hoàn thành mà hạn chưa qua hoặc không có hạn vào ngày cuối kỳ."""
    return _counted(period, Standing.IN_TIME, Standing.OPEN)


@FIGURES.figure("S005", title="Nhiệm vụ quá hạn", unit="nhiệm vụ", kind=Kind.STOCK, source=TASKS)
def overdue(period: Period) -> Counted:
    """Số nhiệm vụ chưa hoàn thành mà hạn đã qua vào ngày cuối kỳ."""
    return _counted(period, Standing.OVERDUE)


@FIGURES.figure(
    "S006",
    title="Tỷ lệ hoàn thành trên số nhiệm vụ đến hạn",
    unit="%",
    kind=Kind.RATIO,
    source=TASKS,
)
def kept(period: Period) -> Counted:
    """Số nhiệm vụ hoàn thành chia cho tổng số nhiệm vụ hoàn thành và quá hạn vào ngày cuối kỳ."""
    counted: Tally = tally(_assigned(period.end))
    done, of = counted.kept
    value = Decimal(100 * done) / of if of else Decimal(0)
    rows = _assigned(period.end).filter(standing__in=[*DONE, Standing.OVERDUE])
    return Counted(
        value=value.quantize(Decimal("0.01")),
        rows=of,
        imported=rows.filter(origin=Origin.IMPORT).count(),
        parts=(done, of),
        end=period.end,
    )
