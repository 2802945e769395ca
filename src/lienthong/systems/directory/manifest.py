"""The card of the directory."""

from __future__ import annotations

from lienthong.exchange.cards import Effect, Grant, Offer, System
from lienthong.exchange.figures import FIGURES_CODE, FigureRequest, FigureSet
from lienthong.protocol.day_totals import ReportedDays, TakenDays
from lienthong.protocol.housekeeping import REPORT_DAYS, RETURN, WAITING
from lienthong.protocol.signing_desk import (
    AskWaiting,
    ReturnedDocuments,
    SettledDocuments,
    WaitingDocuments,
)

OWN = Grant(
    to="directory",
    purpose="Vận hành trục liên thông: gửi báo cáo ngày, ký quyền truy cập",
    legal_basis="Nghị định 47/2020/NĐ-CP",
)
"""For the directory's own gateway; every other gateway's owner asks when it registers."""

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
                    purpose="Báo cáo tháng về phát triển Chính phủ điện tử",
                    legal_basis="Nghị quyết 17/NQ-CP ngày 07/3/2019",
                ),
            ),
        ),
        Offer(
            code=REPORT_DAYS,
            title="Nhận số đếm ngày đã ký của các cổng",
            request=ReportedDays,
            answers=TakenDays,
            effect=Effect.CHANGING,
            names_subjects=True,
            grants=(OWN,),
        ),
        Offer(
            code=WAITING,
            title="Văn bản chờ cơ quan ký",
            request=AskWaiting,
            answers=WaitingDocuments,
            effect=Effect.PUBLIC,
            grants=(OWN,),
        ),
        Offer(
            code=RETURN,
            title="Nhận chữ ký, từ chối của cơ quan",
            request=ReturnedDocuments,
            answers=SettledDocuments,
            effect=Effect.CHANGING,
            names_subjects=True,
            grants=(OWN,),
        ),
    ),
    retention="Danh bạ và bản công bố: giữ vĩnh viễn",
    laws=("Nghị định 47/2020/NĐ-CP",),
)
