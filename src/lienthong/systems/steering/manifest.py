"""The card of the steering secretariat."""

from __future__ import annotations

from lienthong.exchange.cards import Effect, Need, System
from lienthong.exchange.figures import FIGURES_CODE, FigureRequest
from lienthong.web.catalogues.need import NEED as CATALOGUES

from .shapes import ReadFigures

SOURCES = ("directory", "population", "civil_status")
"""Systems asked for figures, in the order of the report."""

SYSTEM = System(
    code="steering",
    title="Báo cáo tháng của Ban Chỉ đạo",
    title_en="Monthly steering report",
    owner="G14",
    needs=(
        *(
            Need(source, FIGURES_CODE, FigureRequest, ReadFigures, Effect.PUBLIC)
            for source in SOURCES
        ),
        CATALOGUES,
    ),
    retention="Báo cáo đã phát hành và số liệu của nó: giữ vĩnh viễn",
    laws=(
        "Nghị quyết 17/NQ-CP ngày 07/3/2019",
        "Văn bản 435/LĐCP ngày 16/10/2019",
        "Nghị định 30/2020/NĐ-CP",
    ),
)
