"""The card of the population database."""

from __future__ import annotations

from lienthong.exchange.cards import Effect, Event, Grant, Offer, System
from lienthong.exchange.figures import FIGURES_CODE, FigureRequest, FigureSet
from lienthong.systems.population import shapes
from lienthong.web.catalogues.need import NEED as CATALOGUES

NUMBER_CANCELLED = "personal-id.cancelled.v1"
CIVIL_STATUS_LAW = "Luật Hộ tịch 60/2014/QH13 Điều 14, 16; Nghị định 137/2015/NĐ-CP Điều 13, 14"

SYSTEM = System(
    code="population",
    title="Cơ sở dữ liệu quốc gia về dân cư",
    title_en="National population database",
    owner="G01",
    offers=(
        Offer(
            code="personal-id.issue.v1",
            title="Cấp số định danh cá nhân khi đăng ký khai sinh",
            request=shapes.IssuePersonalId,
            answers=shapes.IssuedPersonalId,
            effect=Effect.CHANGING,
            names_subjects=True,
            grants=(
                Grant(
                    to="civil_status",
                    purpose="Cấp số định danh cá nhân cho trẻ em được đăng ký khai sinh",
                    legal_basis=CIVIL_STATUS_LAW,
                ),
            ),
        ),
        Offer(
            code="personal-id.cancel.v1",
            title="Hủy số định danh cá nhân",
            request=shapes.CancelPersonalId,
            answers=shapes.CancelledPersonalId,
            effect=Effect.CHANGING,
            names_subjects=True,
            grants=(
                Grant(
                    to="civil_status",
                    purpose="Hủy số đã cấp cho việc khai sinh bị thu hồi",
                    legal_basis="Thông tư 59/2021/TT-BCA Điều 6; Luật Hộ tịch 60/2014/QH13 Điều 12",
                ),
            ),
        ),
        Offer(
            code="personal-id.reestablish.v1",
            title="Hủy và xác lập lại số định danh cá nhân",
            request=shapes.ReestablishPersonalId,
            answers=shapes.ReestablishedPersonalId,
            effect=Effect.CHANGING,
            names_subjects=True,
            grants=(
                Grant(
                    to="civil_status",
                    purpose="Xác lập lại số khi xác định lại giới tính hoặc cải chính năm sinh",
                    legal_basis="Thông tư 59/2021/TT-BCA Điều 6",
                ),
            ),
        ),
        Offer(
            code="person.find.v1",
            title="Tra cứu thông tin công dân theo số định danh",
            request=shapes.FindPerson,
            answers=shapes.FoundPerson,
            effect=Effect.SENSITIVE,
            names_subjects=True,
            grants=(
                Grant(
                    to="civil_status",
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
            ),
        ),
        Offer(
            code="person.verify.v1",
            title="Xác thực thông tin công dân",
            request=shapes.VerifyPerson,
            answers=shapes.VerifiedPerson,
            effect=Effect.SENSITIVE,
            names_subjects=True,
            grants=(
                Grant(
                    to="civil_status",
                    purpose="Xác thực người đi khai sinh, khai tử",
                    legal_basis="Luật Căn cước công dân 59/2014/QH13 Điều 10",
                ),
            ),
        ),
        Offer(
            code="death.record.v1",
            title="Ghi nhận việc khai tử",
            request=shapes.RecordDeath,
            answers=shapes.RecordedDeath,
            effect=Effect.CHANGING,
            names_subjects=True,
            grants=(
                Grant(
                    to="civil_status",
                    purpose="Khóa thông tin của người đã được đăng ký khai tử",
                    legal_basis="Luật Hộ tịch 60/2014/QH13 Điều 34",
                ),
            ),
        ),
        Offer(
            code=FIGURES_CODE,
            title="Số liệu của cơ sở dữ liệu dân cư",
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
    events=(
        Event(
            code=NUMBER_CANCELLED,
            title="Số định danh cá nhân đã bị hủy hoặc được thay",
            carries=shapes.NumberCancelled,
            grants=(
                Grant(
                    to="civil_status",
                    purpose="Cập nhật số định danh ghi trong sổ đăng ký khai sinh",
                    legal_basis="Thông tư 59/2021/TT-BCA Điều 6; Luật Hộ tịch 60/2014/QH13 Điều 60",
                ),
            ),
        ),
    ),
    needs=(CATALOGUES,),
    retention=(
        "Thông tin về công dân được lưu giữ vĩnh viễn; "
        "số định danh đã hủy được giữ cùng số thay thế"
    ),
    laws=(
        "Luật Căn cước công dân 59/2014/QH13",
        "Nghị định 137/2015/NĐ-CP",
        "Thông tư 07/2016/TT-BCA",
        "Thông tư 59/2021/TT-BCA",
    ),
)
