"""The card of the population database."""

from __future__ import annotations

from lienthong.exchange.cards import Effect, Event, Grant, Need, Offer, System
from lienthong.exchange.figures import FIGURES_CODE, FigureRequest, FigureSet
from lienthong.systems.population import shapes
from lienthong.web.catalogues.need import NEED as CATALOGUES

NUMBER_CANCELLED = "personal-id.cancelled.v1"
CARRY_OUT_PURPOSE = "Cấp số theo quyết định của cán bộ thứ hai"
REPAIR_LAW = "Thông tư 59/2021/TT-BCA Điều 6"
DCI_PURPOSE = "Trả kết quả và kiểm tra giao diện DCI của chính hệ thống"
CARRY_OUT = "repair.carry-out.v1"
PERSON_CHANGED = "person.changed.v1"
RESIDENCE_LAW = "Luật Cư trú 68/2020/QH14 Điều 36, 37; Luật Hộ tịch 60/2014/QH13 Điều 5"
PERSON_LAW = "Luật Căn cước công dân 59/2014/QH13 Điều 10; Luật Hộ tịch 60/2014/QH13 Điều 60"
COURT_LAW = "Luật Hộ tịch 60/2014/QH13 Điều 30; Bộ luật Dân sự 91/2015/QH13 Điều 68-73"
CIVIL_STATUS_LAW = "Luật Hộ tịch 60/2014/QH13 Điều 14, 16; Nghị định 137/2015/NĐ-CP Điều 13, 14"

DCI_OFFERS = {
    "dci.search.v1": "DCI: tra cứu, trả kết quả sau",
    "dci.sync-search.v1": "DCI: tra cứu, trả kết quả ngay",
    "dci.subscribe.v1": "DCI: đăng ký nhận sự kiện",
    "dci.unsubscribe.v1": "DCI: thôi nhận sự kiện",
    "dci.txn-status.v1": "DCI: hỏi tình trạng giao dịch, trả kết quả sau",
    "dci.sync-txn-status.v1": "DCI: hỏi tình trạng giao dịch, trả kết quả ngay",
    "dci.on-search.v1": "DCI: nhận kết quả tra cứu",
    "dci.on-subscribe.v1": "DCI: nhận kết quả đăng ký",
    "dci.on-unsubscribe.v1": "DCI: nhận kết quả thôi nhận",
    "dci.on-txn-status.v1": "DCI: nhận tình trạng giao dịch",
    "dci.notify.v1": "DCI: nhận thông báo sự kiện",
}
DCI_CALLBACKS = tuple(code for code in DCI_OFFERS if code.startswith(("dci.on-", "dci.notify")))

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
            code="person.read.v1",
            title="Khai thác đầy đủ thông tin công dân, hiện tại hoặc tại một ngày",
            request=shapes.ReadPerson,
            answers=shapes.PersonRead,
            effect=Effect.SENSITIVE,
            names_subjects=True,
            grants=(
                Grant(
                    to="civil_status",
                    purpose="Xác định nhân thân và quan hệ gia đình khi đăng ký hộ tịch",
                    legal_basis="Luật Hộ tịch 60/2014/QH13 Điều 14, 33, 60",
                    fields=(
                        "found",
                        "personal_id",
                        "superseded",
                        "number_status",
                        "standing",
                        "full_name",
                        "sex",
                        "born_on",
                        "born_precision",
                        "birth_place",
                        "birth_registry",
                        "home_place",
                        "ethnicity",
                        "nationality",
                        "marital",
                        "spouse",
                        "mother",
                        "father",
                        "residence",
                        "residence_unit",
                        "died_on",
                    ),
                ),
            ),
        ),
        Offer(
            code="person.verify-batch.v1",
            title="Xác thực thông tin của nhiều công dân trong một lần",
            request=shapes.VerifyBatch,
            answers=shapes.VerifiedBatch,
            effect=Effect.SENSITIVE,
            names_subjects=True,
            grants=(
                Grant(
                    to="civil_status",
                    purpose="Đối chiếu sổ hộ tịch số hóa với dữ liệu dân cư",
                    legal_basis=PERSON_LAW,
                ),
            ),
        ),
        Offer(
            code="residence.read.v1",
            title="Khai thác thông tin cư trú tại một ngày",
            request=shapes.ReadResidence,
            answers=shapes.ResidenceRead,
            effect=Effect.SENSITIVE,
            names_subjects=True,
            grants=(
                Grant(
                    to="civil_status",
                    purpose="Xác định thẩm quyền đăng ký và nơi phải thông báo",
                    legal_basis=RESIDENCE_LAW,
                ),
            ),
        ),
        Offer(
            code="household.read.v1",
            title="Khai thác thông tin hộ gia đình tại một ngày",
            request=shapes.ReadHousehold,
            answers=shapes.HouseholdRead,
            effect=Effect.SENSITIVE,
            names_subjects=True,
            grants=(
                Grant(
                    to="civil_status",
                    purpose="Giải quyết liên thông khai sinh, thường trú, thẻ bảo hiểm y tế",
                    legal_basis=RESIDENCE_LAW,
                ),
            ),
        ),
        Offer(
            code="particulars.correct.v1",
            title="Cập nhật thông tin theo sổ hộ tịch",
            request=shapes.CorrectParticulars,
            answers=shapes.CorrectedParticulars,
            effect=Effect.CHANGING,
            names_subjects=True,
            grants=(
                Grant(
                    to="civil_status",
                    purpose="Cập nhật theo việc thay đổi, cải chính, nhận con, nuôi con nuôi",
                    legal_basis="Luật Hộ tịch 60/2014/QH13 Điều 28, 29, 60",
                ),
            ),
        ),
        Offer(
            code="marriage.record.v1",
            title="Ghi nhận kết hôn, ly hôn, hủy kết hôn",
            request=shapes.RecordMarriage,
            answers=shapes.RecordedMarriage,
            effect=Effect.CHANGING,
            names_subjects=True,
            grants=(
                Grant(
                    to="civil_status",
                    purpose="Cập nhật tình trạng hôn nhân theo sổ hộ tịch",
                    legal_basis="Luật Hộ tịch 60/2014/QH13 Điều 18, 30, 60",
                ),
            ),
        ),
        Offer(
            code="standing.record.v1",
            title="Ghi nhận tuyên bố mất tích, đã chết, hủy tuyên bố, thôi quốc tịch",
            request=shapes.RecordStanding,
            answers=shapes.RecordedStanding,
            effect=Effect.CHANGING,
            names_subjects=True,
            grants=(
                Grant(
                    to="civil_status",
                    purpose="Cập nhật theo bản án, quyết định đã ghi vào sổ hộ tịch",
                    legal_basis=COURT_LAW,
                ),
            ),
        ),
        Offer(
            code="person.follow.v1",
            title="Đăng ký nhận thay đổi thông tin của những người đã biết",
            request=shapes.FollowPersons,
            answers=shapes.FollowingPersons,
            effect=Effect.CHANGING,
            names_subjects=True,
            grants=(
                Grant(
                    to="civil_status",
                    purpose="Theo dõi thông tin của người có trong sổ hộ tịch",
                    legal_basis=PERSON_LAW,
                ),
            ),
        ),
        Offer(
            code="person.unfollow.v1",
            title="Thôi nhận thay đổi thông tin",
            request=shapes.UnfollowPersons,
            answers=shapes.FollowingPersons,
            effect=Effect.CHANGING,
            names_subjects=True,
            grants=(
                Grant(
                    to="civil_status",
                    purpose="Thôi theo dõi người không còn liên quan",
                    legal_basis=PERSON_LAW,
                ),
            ),
        ),
        Offer(
            code="changes.read.v1",
            title="Đọc lại những thay đổi chưa nhận được",
            request=shapes.ReadChanges,
            answers=shapes.ChangesRead,
            effect=Effect.SENSITIVE,
            names_subjects=True,
            grants=(
                Grant(
                    to="civil_status",
                    purpose="Đọc bù những thay đổi trong thời gian gián đoạn",
                    legal_basis=PERSON_LAW,
                ),
            ),
        ),
        Offer(
            code=CARRY_OUT,
            title="Thực hiện quyết định xác lập lại số định danh",
            request=shapes.CarryOut,
            answers=shapes.CarriedOut,
            effect=Effect.CHANGING,
            names_subjects=True,
            grants=(
                Grant(
                    to="population",
                    purpose=CARRY_OUT_PURPOSE,
                    legal_basis=REPAIR_LAW,
                ),
            ),
        ),
        *(
            Offer(
                code=code,
                title=title,
                request=shapes.DciEnvelope,
                answers=shapes.DciAnswer,
                effect=Effect.SENSITIVE if code.startswith("dci.sync-") else Effect.CHANGING,
                names_subjects=True,
                max_body=256 * 1024,
                grants=(
                    Grant(
                        to="population",
                        purpose=DCI_PURPOSE,
                        legal_basis=PERSON_LAW,
                    ),
                ),
            )
            for code, title in DCI_OFFERS.items()
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
            code=PERSON_CHANGED,
            title="Thông tin của một người đã thay đổi",
            carries=shapes.PersonChanged,
            grants=(
                Grant(
                    to="civil_status",
                    purpose="Biết việc thay đổi số, nhân thân, tình trạng của người có trong sổ",
                    legal_basis="Luật Hộ tịch 60/2014/QH13 Điều 60",
                    fields=(
                        "personal_id",
                        "event",
                        "kind",
                        "effective_on",
                        "changed",
                        "number",
                        "standing",
                        "died_on",
                        "full_name",
                        "residence_unit",
                    ),
                ),
            ),
        ),
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
    needs=(
        CATALOGUES,
        Need(
            "population",
            CARRY_OUT,
            shapes.CarryOut,
            shapes.CarriedOut,
            effect=Effect.CHANGING,
            purpose=CARRY_OUT_PURPOSE,
            legal_basis=REPAIR_LAW,
        ),
        *(
            Need(
                "population",
                code,
                shapes.DciEnvelope,
                shapes.DciTaken,
                effect=Effect.CHANGING,
                purpose=DCI_PURPOSE,
                legal_basis=PERSON_LAW,
            )
            for code in DCI_CALLBACKS
        ),
    ),
    retention=(
        "Thông tin về công dân được lưu giữ vĩnh viễn; "
        "số định danh đã hủy được giữ cùng số thay thế"
    ),
    laws=(
        "Luật Căn cước công dân 59/2014/QH13",
        "Luật Cư trú 68/2020/QH14",
        "Nghị định 137/2015/NĐ-CP",
        "Thông tư 07/2016/TT-BCA",
        "Thông tư 59/2021/TT-BCA",
    ),
)
