"""The card of the civil-status register."""

from __future__ import annotations

from lienthong.exchange.cards import Effect, Grant, Need, Offer, Subscription, System
from lienthong.exchange.figures import FIGURES_CODE, FigureRequest, FigureSet
from lienthong.systems.civil_status import shapes
from lienthong.web.catalogues.need import NEED as CATALOGUES

COURT_LAW = "Luật Hộ tịch 60/2014/QH13 Điều 30; Bộ luật Dân sự 91/2015/QH13 Điều 68-73"
NUMBER_LAW = "Luật Hộ tịch 60/2014/QH13 Điều 14, 16; Nghị định 137/2015/NĐ-CP Điều 13, 14"

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
            purpose="Cấp số định danh cá nhân cho trẻ em được đăng ký khai sinh",
            legal_basis=NUMBER_LAW,
        ),
        Need(
            "population",
            "personal-id.cancel.v1",
            shapes.CancelPersonalId,
            shapes.CancelledPersonalId,
            Effect.CHANGING,
            purpose="Hủy số đã cấp cho việc khai sinh bị thu hồi",
            legal_basis="Thông tư 59/2021/TT-BCA Điều 6; Luật Hộ tịch 60/2014/QH13 Điều 12",
        ),
        Need(
            "population",
            "person.find.v1",
            shapes.FindPerson,
            shapes.FoundPerson,
            purpose="Xác định cha, mẹ, người chết khi đăng ký hộ tịch",
            legal_basis="Nghị định 87/2020/NĐ-CP; Luật Hộ tịch 60/2014/QH13 Điều 14, 33",
            fields=(
                "found",
                "personal_id",
                "standing",
                "full_name",
                "sex",
                "born_on",
                "born_precision",
                "ethnicity",
                "nationality",
                "home_place",
                "residence",
                "died_on",
                "superseded",
            ),
        ),
        Need(
            "population",
            "person.verify.v1",
            shapes.VerifyPerson,
            shapes.VerifiedPerson,
            purpose="Xác thực người đi khai sinh, khai tử",
            legal_basis="Luật Căn cước công dân 59/2014/QH13 Điều 10",
        ),
        Need(
            "population",
            "death.record.v1",
            shapes.RecordDeath,
            shapes.RecordedDeath,
            Effect.CHANGING,
            purpose="Khóa thông tin của người đã được đăng ký khai tử",
            legal_basis="Luật Hộ tịch 60/2014/QH13 Điều 34",
        ),
        Need(
            "population",
            "particulars.correct.v1",
            shapes.CorrectParticulars,
            shapes.CorrectedParticulars,
            Effect.CHANGING,
            purpose="Cập nhật theo việc thay đổi, cải chính, nhận con, nuôi con nuôi",
            legal_basis="Luật Hộ tịch 60/2014/QH13 Điều 28, 29, 60",
        ),
        Need(
            "population",
            "marriage.record.v1",
            shapes.RecordMarriage,
            shapes.RecordedMarriage,
            Effect.CHANGING,
            purpose="Cập nhật tình trạng hôn nhân theo sổ hộ tịch",
            legal_basis="Luật Hộ tịch 60/2014/QH13 Điều 18, 30, 60",
        ),
        Need(
            "population",
            "standing.record.v1",
            shapes.RecordStanding,
            shapes.RecordedStanding,
            Effect.CHANGING,
            purpose="Cập nhật theo bản án, quyết định đã ghi vào sổ hộ tịch",
            legal_basis=COURT_LAW,
        ),
        Need(
            "population",
            "personal-id.reestablish.v1",
            shapes.ReestablishPersonalId,
            shapes.ReestablishedPersonalId,
            Effect.CHANGING,
            purpose="Xác lập lại số khi xác định lại giới tính hoặc cải chính năm sinh",
            legal_basis="Thông tư 59/2021/TT-BCA Điều 6",
        ),
    ),
    subscriptions=(
        Subscription(
            system="population",
            code="personal-id.cancelled.v1",
            reads=shapes.NumberCancelled,
            subjects=("personal_id", "successor"),
            purpose="Cập nhật số định danh ghi trong sổ đăng ký khai sinh",
            legal_basis="Thông tư 59/2021/TT-BCA Điều 6; Luật Hộ tịch 60/2014/QH13 Điều 60",
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
