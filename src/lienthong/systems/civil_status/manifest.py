"""The card of the civil-status register."""

from __future__ import annotations

from lienthong.exchange.cards import Effect, Grant, Need, Offer, Subscription, System
from lienthong.exchange.figures import FIGURES_CODE, FigureRequest, FigureSet
from lienthong.systems.civil_status import shapes
from lienthong.web.catalogues.need import NEED as CATALOGUES

SYSTEM = System(
    code="civil_status",
    title="Cơ sở dữ liệu hộ tịch điện tử",
    title_en="Electronic civil-status register",
    owner="G15",
    offers=(
        Offer(
            code="births.find.v1",
            title="Tra cứu việc khai sinh theo số định danh",
            request=shapes.FindBirths,
            answers=shapes.BirthExtract,
            effect=Effect.SENSITIVE,
            names_subjects=True,
            grants=(
                Grant(
                    to="population",
                    purpose="Đối chiếu số định danh với sổ hộ tịch; thông tin trong sổ là gốc",
                    legal_basis="Luật Hộ tịch 60/2014/QH13 Điều 60",
                ),
            ),
        ),
        Offer(
            code=FIGURES_CODE,
            title="Số liệu hộ tịch",
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
    ),
    needs=(
        CATALOGUES,
        Need(
            "population",
            "personal-id.issue.v1",
            shapes.IssuePersonalId,
            shapes.IssuedPersonalId,
            Effect.CHANGING,
        ),
        Need(
            "population",
            "personal-id.cancel.v1",
            shapes.CancelPersonalId,
            shapes.CancelledPersonalId,
            Effect.CHANGING,
        ),
        Need("population", "person.find.v1", shapes.FindPerson, shapes.FoundPerson),
        Need("population", "person.verify.v1", shapes.VerifyPerson, shapes.VerifiedPerson),
        Need(
            "population",
            "death.record.v1",
            shapes.RecordDeath,
            shapes.RecordedDeath,
            Effect.CHANGING,
        ),
    ),
    subscriptions=(
        Subscription(
            system="population",
            code="personal-id.cancelled.v1",
            reads=shapes.NumberCancelled,
            subjects=("personal_id", "successor"),
        ),
    ),
    retention="Sổ hộ tịch và dữ liệu hộ tịch điện tử được lưu trữ vĩnh viễn (Luật Hộ tịch Điều 58)",
    laws=(
        "Luật Hộ tịch 60/2014/QH13",
        "Nghị định 123/2015/NĐ-CP",
        "Nghị định 87/2020/NĐ-CP",
        "Thông tư 04/2020/TT-BTP",
    ),
)
