"""What the played systems state: numbers of a small made-up month that agree with each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from lienthong.exchange.figures import FIGURES_CODE, FigureRequest
from lienthong.exchange.testing import ExchangeDouble
from lienthong.systems.steering.shapes import ReadFigure, ReadFigures

# code: (value, parts, imported rows)
MONTH: dict[str, dict[str, tuple[str, tuple[int, int] | None, int]]] = {
    "directory": {
        "F001": ("21", (21, 22), 0),
        "F002": ("60", (60, 63), 0),
        "F003": ("95.29", (81, 85), 0),
        "F004": ("217", None, 0),
        "F005": ("88", None, 0),
        "F006": ("81", None, 0),
        "F007": ("5", None, 0),
        "F008": ("9", None, 0),
        "F009": ("7311", None, 7300),
        "F010": ("41123", None, 41000),
        "F011": ("363", None, 41000),
    },
    "population": {
        "P001": ("5171", None, 5000),
        "P002": ("97", None, 90),
        "P003": ("88200", None, 88000),
        "P004": ("3", None, 0),
    },
    "civil_status": {
        "F014": ("61", (61, 63), 0),
        "F015": ("11711", None, 0),
        "F016": ("10842", None, 0),
        "F017": ("704", None, 0),
        "F018": ("63", None, 0),
        "F019": ("17432", None, 17000),
        "F020": ("5171", None, 5000),
        "F021": ("3777", None, 3777),
        "F022": ("2599", None, 2598),
        "F023": ("5001", None, 5001),
    },
    "steering": {
        "F069": ("31", None, 31),
        "F070": ("4", None, 4),
    },
}
FLOWS = ("F009", "F010", "P002")


def figure(
    system: str,
    code: str,
    value: str,
    parts: tuple[int, int] | None = None,
    imported: int = 0,
    *,
    start: date = date(2021, 8, 1),
    end: date = date(2021, 8, 20),
    **other: Any,
) -> ReadFigure:
    """One figure as a system would state it."""
    fields: dict[str, Any] = {
        "code": code,
        "title": f"Số liệu {code}",
        "value": Decimal(value),
        "unit": "%" if code == "F003" else "bản ghi",
        "kind": "flow" if code in FLOWS else "stock",
        "definition": f"Định nghĩa của {code}.",
        "start": date(2021, 1, 1) if code == "F010" else start,
        "end": end,
        "source": "records: rows",
        "rows": int(Decimal(value)),
        "imported": imported,
        "function": f"{system}.figures.{code.lower()}",
        "parts": parts,
    }
    return ReadFigure(**{**fields, **other})


def stated_by(
    system: str, *, without: Iterable[str] = (), **changed: ReadFigure | str
) -> Callable[[FigureRequest], ReadFigures]:
    """What a system answers to any window, with some figures changed or left out."""

    def answer(request: FigureRequest) -> ReadFigures:
        figures = []
        for code, (value, parts, imported) in MONTH[system].items():
            if code in without:
                continue
            told = changed.get(code, value)
            if not isinstance(told, ReadFigure):
                told = figure(
                    system, code, told, parts, imported, start=request.start, end=request.end
                )
            figures.append(told)
        return ReadFigures(system=system, figures=tuple(figures))

    return answer


def play_month(exchange: ExchangeDouble) -> None:
    """Every system answers with figures that agree with each other."""
    for system in MONTH:
        exchange.answers(system, FIGURES_CODE, stated_by(system))
