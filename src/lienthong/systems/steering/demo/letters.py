"""
The desk of Kiên Giang: the report as it arrived, and the letter 6922/VP-KGVX as it went out.

The letter is the seed's, word by word, with the slip in its first item ("định hướng
đến năm 2020"). It stands as it was issued; the check of its quotations shows the
slip beside it. Arrival number and day are made up.
"""

from __future__ import annotations

from datetime import date

from lienthong.kernel import clock
from lienthong.kernel.actor import Actor

from ..domain.deadlines import DueRule
from ..models import (
    DirectiveDocument,
    DocumentRegister,
    ItemTask,
    Letter,
    LetterItem,
    Opinion,
    Reception,
    Task,
)
from ..models.directives import Origin
from ..services.receiving import ARRIVALS
from .seed import AT_ONCE, CONTINUOUS

OFFICE, BODY = "H33.VP", "H33"
ARRIVAL, ARRIVED = 11842, date(2021, 9, 6)
SAID = date(2021, 9, 9)
LEADER, TITLE = "Nguyễn Lưu Trung", "Phó Chủ tịch Ủy ban nhân dân tỉnh"
WORDS = (
    "Giao Sở Thông tin và Truyền thông chủ trì, phối hợp với Văn phòng UBND tỉnh và các ngành, địa"
    " phương liên quan tham mưu UBND tỉnh thực hiện các đề xuất, kiến nghị của Bộ Thông tin và"
    " Truyền thông."
)
SUBJECT = (
    "tham mưu, thực hiện các đề xuất, kiến nghị của Bộ Thông tin và Truyền thông tại Báo cáo số"
    " 76/BC-BTTTT"
)
TASK = (
    "tham mưu UBND tỉnh thực hiện các đề xuất, kiến nghị của Bộ Thông tin và Truyền thông tại báo"
    " cáo nêu trên"
)
WITH = ("Văn phòng UBND tỉnh", "các ngành, địa phương liên quan")
RECIPIENTS = (
    "Như trên",
    "CT và các PCT.UBND tỉnh",
    "Các sở, ban, ngành tỉnh",
    "UBND các huyện, thành phố",
    "LĐVP, P.KGVX, P.TH",
    "Trung tâm PVHCC tỉnh",
    "Lưu: VT, ltram",
)
ITEMS: tuple[tuple[str, tuple[str, ...], DueRule], ...] = (
    (
        "Khẩn trương triển khai các nhiệm vụ được giao tại Chiến lược phát triển Chính phủ điện tử"
        " hướng tới Chính phủ số giai đoạn 2021-2025, định hướng đến năm 2020 theo Công văn số"
        " 2304/BTTTT-THH ngày 29/6/2021 của Bộ Thông tin và Truyền thông; chỉ đạo của Thường trực"
        " UBND tỉnh tại Công văn số 4834/VP-KGVX ngày 06/7/2021.",
        ("R2a",),
        AT_ONCE,
    ),
    (
        "Tiếp tục duy trì, phát triển các hoạt động trực tuyến, ứng dụng công nghệ số trong mọi mặt"
        " đời sống kinh tế - xã hội và công tác phòng, chống dịch bệnh Covid-19; đẩy mạnh cung cấp"
        " dịch vụ công trực tuyến phục vụ người dân và doanh nghiệp.",
        ("R2c", "R2d"),
        CONTINUOUS,
    ),
    (
        "Theo dõi, tham mưu xử lý kịp thời các phản ánh kiến nghị và dịch vụ công trực tuyến theo"
        " Nghị quyết số 68/NQ-CP ngày 01/7/2021 của Chính phủ và Quyết định số 23/2021/QĐ-TTg ngày"
        " 07/7/2021 của Thủ tướng Chính phủ về một số chính sách hỗ trợ người lao động và người sử"
        " dụng lao động gặp khó khăn do đại dịch Covid-19.",
        ("R2đ",),
        CONTINUOUS,
    ),
)


def load(report: DirectiveDocument, letter: DirectiveDocument, *, by: Actor) -> Letter:
    """The report received, the opinion, the letter as it was issued."""
    at = clock.instant()
    reception = Reception.objects.create(
        body=BODY,
        office=OFFICE,
        document=report,
        number=ARRIVAL,
        received_on=ARRIVED,
        received_at=at,
        received_by=str(by),
        origin=Origin.IMPORT,
    )
    opinion = Opinion.objects.create(
        reception=reception,
        leader=LEADER,
        title=TITLE,
        given_on=SAID,
        words=WORDS,
        recorded_at=at,
        recorded_by=str(by),
    )
    made = Letter.objects.create(
        reception=reception,
        opinion=opinion,
        symbol=letter.symbol,
        subject=SUBJECT,
        lead=f"{BODY}.STTTT",
        co_leads="\n".join(WITH),
        task=TASK,
        recipients="\n".join(RECIPIENTS),
        authority="KT. Chánh Văn phòng\nPhó Chánh Văn phòng",
        signer="Trần Công Danh",
        place="Kiên Giang",
        drafted_at=at,
        drafted_by=str(by),
    )
    for place, (text, codes, rule) in enumerate(ITEMS, start=1):
        item = LetterItem.objects.create(
            letter=made,
            place=place,
            text=text,
            source=report,
            due_kind=rule.kind.value,
            due_note=rule.note,
        )
        tasks = Task.objects.filter(document=report, lead=BODY, code__in=codes)
        ItemTask.objects.bulk_create(ItemTask(item=item, task=task) for task in tasks)
    made.number, made.document, made.state = letter.number, letter, Letter.State.ISSUED
    made.issued_on, made.issued_at, made.issued_by = letter.issued_on, at, str(by)
    made.save()
    registers(letter.issued_on.year)
    return made


def registers(year: int) -> None:
    """Arrivals go on behind the report's; the outgoing register goes on by itself."""
    DocumentRegister.objects.get_or_create(
        body=OFFICE, series=ARRIVALS, year=year, defaults={"last": ARRIVAL}
    )
