"""The card of the directory."""

from __future__ import annotations

from lienthong.exchange.cards import Effect, Grant, Offer, System
from lienthong.exchange.figures import FIGURES_CODE, FigureRequest, FigureSet

SYSTEM = System(
    code="directory",
    title="Danh bạ Nền tảng tích hợp, chia sẻ dữ liệu quốc gia",
    title_en="Directory of the National Data Exchange Platform",
    owner="G14",
    offers=(
        Offer(
            code=FIGURES_CODE,
            title="Số liệu về kết nối và giao dịch qua nền tảng",
            request=FigureRequest,
            answers=FigureSet,
            effect=Effect.PUBLIC,
            grants=(
                Grant(
                    to="steering",
                    purpose="Lập báo cáo tháng của Ban Chỉ đạo",
                    legal_basis="Văn bản 435/LĐCP ngày 16/10/2019",
                ),
            ),
        ),
    ),
    retention="Danh bạ và bản công bố: giữ vĩnh viễn",
    laws=("Nghị định 47/2020/NĐ-CP",),
)
