"""Figures of a month against the month and the year before, at the secretary's desk."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from lienthong.web.roles import requires

from ..domain.trends import Compared
from ..domain.wording import change, exact
from ..queries import trends as reading
from ..queries.editions import latest_edition, month_of
from ..queries.provenance import value_text
from .desk import ROLE

LONGEST = 100


@requires(ROLE)
@require_GET
def trends(request: HttpRequest, month: str) -> HttpResponse:
    """Every figure with its growth; what is out of the usual stands first."""
    edition = latest_edition(month_of(month))
    rows = [shown(one) for one in reading.trends(edition)]
    rows.sort(key=lambda row: not row["unusual"])
    context = {
        "edition": edition,
        "month": month,
        "rows": rows,
        "remarks": edition.remark_rows.all(),
        "before": reading.month_before(edition.month),
        "year": reading.year_before(edition.month),
    }
    return render(request, "steering/figures/trends.html", context)


def shown(one: reading.Trend) -> dict[str, object]:
    limit = one.limit
    growth = one.month.growth if one.month else None
    outside = limit and growth is not None and not -limit.down <= growth <= limit.up
    return {
        "trend": one,
        "value": value_text(one.now),
        "pair": (against(one.month), against(one.year)),
        "unusual": bool(outside),
        "limit": f"+{exact(limit.up)} / −{exact(limit.down)}" if limit else "",
    }


def against(compared: Compared | None) -> dict[str, object] | None:
    """A comparison in words, with the length of its bar in hundredths."""
    if compared is None:
        return None
    growth = compared.growth
    ratio = compared.now.unit == "%"
    words = "–" if growth is None else change(growth)
    if ratio and growth is not None:
        words = words.replace("%", " điểm %") if growth else words
    return {
        "words": words,
        "before": exact(compared.before.value),
        "by_day": compared.by_day,
        "length": min(LONGEST, int(abs(growth))) if growth is not None else 0,
        "falls": growth is not None and growth < 0,
    }
