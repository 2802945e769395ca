"""The card of the steering secretariat."""

from __future__ import annotations

from lienthong.exchange.cards import Effect, Grant, Need, Offer, System
from lienthong.exchange.figures import FIGURES_CODE, FigureRequest, FigureSet
from lienthong.web.catalogues.need import NEED as CATALOGUES

from .shapes import ReadFigures

SOURCES = ("directory", "population", "civil_status", "steering")
"""Systems asked for figures, in the order of the report."""

SYSTEM = System(
    code="steering",
    title="Báo cáo tháng của Ban Chỉ đạo",
    title_en="Monthly steering report",
    owner="G14",
    offers=(
        Offer(
            code=FIGURES_CODE,
            title="Số liệu nhiệm vụ được giao",
            request=FigureRequest,
            answers=FigureSet,
            effect=Effect.PUBLIC,
            grants=(
                # Its own figures come to the report the way all others do: signed, logged and
                # proved by a receipt.
                Grant(
                    to="steering",
                    purpose="Báo cáo tháng về phát triển Chính phủ điện tử",
                    legal_basis="Nghị quyết 17/NQ-CP ngày 07/3/2019",
                ),
            ),
        ),
    ),
    needs=(
        *(
            Need(
                source,
                FIGURES_CODE,
                FigureRequest,
                ReadFigures,
                Effect.PUBLIC,
                purpose="Báo cáo tháng về phát triển Chính phủ điện tử",
                legal_basis="Nghị quyết 17/NQ-CP ngày 07/3/2019",
            )
            for source in SOURCES
        ),
        CATALOGUES,
    ),
    retention=(
        "Báo cáo đã phát hành và số liệu của nó: giữ vĩnh viễn; văn bản, nhiệm vụ và báo cáo tiến"
        " độ: không xóa, chỉ rút kèm lý do"
    ),
    laws=(
        "Nghị quyết 17/NQ-CP ngày 07/3/2019",
        "Văn bản 435/LĐCP ngày 16/10/2019",
        "Nghị định 30/2020/NĐ-CP",
        "Quyết định 42/2014/QĐ-TTg, sửa đổi bởi Quyết định 23/2018/QĐ-TTg (01/VBHN-VPCP)",
    ),
)
