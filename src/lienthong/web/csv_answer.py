"""The start of a CSV file as a page hands it out."""

from __future__ import annotations

import csv
from typing import Any, Protocol

from django.http import HttpResponse


class Writer(Protocol):
    """Writes one row after the other into the answer."""

    def writerow(self, row: Any, /) -> Any: ...


def csv_answer(filename: str) -> tuple[HttpResponse, Writer]:
    """An answer that is saved under this name and kept by no cache, and its writer."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    response["Cache-Control"] = "no-store"
    # Spreadsheets read UTF-8 only with this mark in front.
    response.write("\ufeff")
    return response, csv.writer(response)
