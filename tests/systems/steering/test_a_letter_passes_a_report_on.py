from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import date

import pytest
from django.db import DatabaseError, transaction
from docx import Document as open_docx
from pypdf import PdfReader

from lienthong.kernel import clock
from lienthong.record import audit
from lienthong.systems.steering import errors
from lienthong.systems.steering.demo import letters as seed
from lienthong.systems.steering.models import (
    DirectiveDocument,
    DocumentRegister,
    Letter,
    LetterItem,
    Reception,
    Task,
)
from lienthong.systems.steering.queries import directives as reading
from lienthong.systems.steering.queries import letters as read
from lienthong.systems.steering.services import letters, receiving
from lienthong.web.papers.blocks import Addressees, LetterHead, Paragraph, Signing, plain
from lienthong.web.papers.press import TemplateBroken
from lienthong.web.papers.word import to_docx
from lienthong.web.roles import RoleMissing
from systems.steering import letters_cast as kien_giang
from systems.steering import tasks_cast as story
from systems.steering.letters_cast import DAY, OFFICE, WRITER, mended

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("offices")]


@pytest.fixture(autouse=True)
def september() -> Iterator[None]:
    with clock.stopped(legal_day=DAY):
        yield


@pytest.fixture
def reception() -> Reception:
    return kien_giang.received(kien_giang.documents())


@pytest.fixture
def draft(reception: Reception) -> Letter:
    """The seed's letter as a draft, the outgoing register standing at 6921."""
    DocumentRegister.objects.create(body="H33.VP", series=letters.OUTGOING, year=2021, last=6921)
    made = kien_giang.drafted(reception)
    return letters.save_letter(made, kien_giang.entry(made), version=1, by=OFFICE)


@pytest.fixture
def right(draft: Letter) -> Letter:
    """The same without its slip."""
    entry = kien_giang.entry(draft, items=mended())
    return letters.save_letter(draft, entry, version=2, by=OFFICE)


def last_number() -> int:
    return DocumentRegister.objects.get(body="H33.VP", series=letters.OUTGOING).last


def issued(letter: Letter) -> Letter:
    return letters.issue_letter(letter, version=letter.version, by=OFFICE)


def test_the_paper_says_what_the_seed_says(draft: Letter) -> None:
    blocks = read.paper(draft, number=6922, on=DAY).blocks
    head = next(b for b in blocks if isinstance(b, LetterHead))
    assert (head.parent, head.body) == ("UBND tỉnh Kiên Giang", "Văn phòng")
    assert (head.number, head.place_date) == (
        "Số: 6922/VP-KGVX",
        "Kiên Giang, ngày 11 tháng 9 năm 2021",
    )
    assert head.about == f"V/v {seed.SUBJECT}"
    assert Addressees(("Sở Thông tin và Truyền thông",)) in blocks
    text = [plain(b.inlines) for b in blocks if isinstance(b, Paragraph)]
    opening, decided, given, *items, closing = text
    assert opening == (
        "Ủy ban nhân dân tỉnh Kiên Giang nhận được Báo cáo số 76/BC-BTTTT ngày 27/8/2021 của Bộ"
        " Thông tin và Truyền thông về tình hình thực hiện Nghị quyết số 17/NQ-CP ngày 07/3/2019"
        " của Chính phủ về một số nhiệm vụ, giải pháp trọng tâm phát triển Chính phủ điện tử giai"
        " đoạn 2019 - 2020, định hướng đến 2025 (đính kèm văn bản)."
    )
    assert decided == "Phó Chủ tịch Ủy ban nhân dân tỉnh Nguyễn Lưu Trung có ý kiến chỉ đạo:"
    assert given == (
        "Giao Sở Thông tin và Truyền thông chủ trì, phối hợp với Văn phòng UBND tỉnh và các ngành,"
        " địa phương liên quan tham mưu UBND tỉnh thực hiện các đề xuất, kiến nghị của Bộ Thông tin"
        " và Truyền thông tại báo cáo nêu trên. Tập trung một số công việc:"
    )
    assert items == [one[0] for one in seed.ITEMS]
    assert closing == (
        "Văn phòng Ủy ban nhân dân tỉnh thông báo ý kiến chỉ đạo của Phó Chủ tịch Ủy ban nhân dân"
        " tỉnh đến cơ quan, đơn vị biết, tổ chức thực hiện./."
    )
    signing = next(b for b in blocks if isinstance(b, Signing))
    assert signing.recipients[0] == "Như trên;"
    assert signing.recipients[-1] == "Lưu: VT, ltram."
    assert signing.authority == ("KT. Chánh Văn phòng", "Phó Chánh Văn phòng")


def test_the_slip_of_the_seed_keeps_it_back_and_uses_no_number(draft: Letter) -> None:
    with pytest.raises(errors.QuotesUnexplained) as refused:
        issued(draft)
    assert refused.value.detail["quotes"] == ["2020"]
    assert last_number() == 6921
    assert not DirectiveDocument.objects.filter(number=6922).exists()


def test_issuing_numbers_it_and_gives_its_tasks(right: Letter) -> None:
    letter = issued(right)
    assert (letter.number, letter.issued_on) == (6922, DAY)
    document = reading.document_numbered("6922/VP-KGVX")
    assert document == letter.document
    assert (document.issuer, document.followed_by) == ("H33.VP", "H33.VP")
    links = {str(one.earlier): one.how for one in document.earlier_links.all()}
    assert links.pop("76/BC-BTTTT") == "passes_on"
    assert links == dict.fromkeys(
        ("17/NQ-CP", "2304/BTTTT-THH", "68/NQ-CP", "23/2021/QĐ-TTg", "4834/VP-KGVX"), "cites"
    )
    made = {task.code: task for task in document.tasks.all()}
    assert list(made) == ["C0", "C1", "C2", "C3"]
    assert {task.lead for task in made.values()} == {"H33.STTTT"}
    assert made["C0"].general
    (covered,) = reading.coverage_of(document, "H33")
    singled = {task.code: [one.code for one in by] for task, by in covered.singled_out}
    assert singled == {"R2a": ["C1"], "R2c": ["C2"], "R2d": ["C2"], "R2đ": ["C3"]}
    assert {task.code for task, _by in covered.only_general} == {
        "R2b-1",
        "R2b-2",
        "R2e",
        "R2g-1",
        "R2g-2",
    }
    assert covered.left_out == []


def test_the_coverage_stands_beside_the_draft(right: Letter) -> None:
    before = read.coverage_of_draft(right)
    document = issued(right).document
    assert document is not None
    (after,) = reading.coverage_of(document, "H33")
    for kind in ("singled_out", "only_general"):
        codes = [
            {task.code: [one.code for one in by] for task, by in getattr(part, kind)}
            for part in (before, after)
        ]
        assert codes[0] == codes[1]


def test_its_files_are_kept_as_they_were_issued(right: Letter) -> None:
    letter = issued(right)
    assert letter.pdf is not None
    assert letter.docx is not None
    assert letter.document.file == letter.pdf
    text = " ".join(PdfReader(io.BytesIO(letter.pdf.content)).pages[0].extract_text().split())
    for words in ("UBND TỈNH KIÊN GIANG", "Số: 6922/VP-KGVX", "V/v tham mưu", "Kính gửi: Sở"):
        assert words in text
    word = open_docx(io.BytesIO(letter.docx.content))
    said = "\n".join(p.text for p in word.paragraphs)
    assert "Kính gửi: Sở Thông tin và Truyền thông." in said
    cells = "\n".join(c.text for t in word.tables for r in t.rows for c in r.cells)
    assert "V/v tham mưu" in cells
    assert "PHÓ CHÁNH VĂN PHÒNG" in cells


def test_a_reason_lets_the_slip_stand_and_is_kept(draft: Letter) -> None:
    (slip,) = read.findings(draft)
    with pytest.raises(errors.ReasonMissing):
        letters.explain_quote(draft, slip.key, " ", by=WRITER)
    with pytest.raises(errors.NothingQuotedSo):
        letters.explain_quote(draft, "x", "Vì sao", by=WRITER)
    letters.explain_quote(draft, slip.key, "Chép đúng ý kiến chỉ đạo", by=WRITER)
    letter = issued(draft)
    (shown,) = read.findings_shown(letter)
    assert shown.reason is not None
    assert shown.reason.reason == "Chép đúng ý kiến chỉ đạo"
    assert not shown.is_open


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("Triển khai Công văn số 2304/BTTT-THH", "2304/BTTT-THH"),
        ("Triển khai Công văn số 999/BYT-KCB ngày 01/9/2021", "999/BYT-KCB"),
    ],
)
def test_a_wrong_symbol_and_an_unknown_document_keep_it_back(
    draft: Letter, text: str, quoted: str
) -> None:
    held = letters.save_letter(draft, kien_giang.entry(draft, items=(text,)), version=2, by=OFFICE)
    with pytest.raises(errors.QuotesUnexplained) as refused:
        issued(held)
    assert refused.value.detail["quotes"] == [quoted]


def test_a_number_that_is_borne_already_is_stepped_over_and_written_down(right: Letter) -> None:
    story.document("6922/VP-TH", by=OFFICE, on=date(2021, 9, 10))
    letter = issued(right)
    assert letter.number == 6923
    bearer = DirectiveDocument.objects.get(number=6922)
    assert audit.entries_about(bearer)[0].what == "steering.number.borne"


def test_a_register_that_begins_goes_on_behind_the_last_known_number(right: Letter) -> None:
    DocumentRegister.objects.filter(series=letters.OUTGOING).delete()
    assert issued(right).number == 4835


def test_the_second_of_two_writers_is_told(draft: Letter) -> None:
    letters.save_letter(draft, kien_giang.entry(draft, items=mended()), version=2, by=WRITER)
    with pytest.raises(errors.ChangedMeanwhile):
        letters.save_letter(draft, kien_giang.entry(draft), version=2, by=OFFICE)
    with pytest.raises(errors.ChangedMeanwhile):
        letters.issue_letter(draft, version=2, by=OFFICE)
    assert "2030" in LetterItem.objects.get(place=1).text


def test_only_a_leader_of_the_office_issues(right: Letter) -> None:
    with pytest.raises(RoleMissing):
        letters.issue_letter(right, version=right.version, by=WRITER)
    other = story.officer("vu.ha", "G14.TH", story.LEADER, DAY)
    with pytest.raises(errors.NotYourTask):
        letters.issue_letter(right, version=right.version, by=other)


def test_an_issued_letter_is_never_changed(right: Letter) -> None:
    letter = issued(right)
    with pytest.raises(errors.LetterClosed):
        letters.save_letter(letter, kien_giang.entry(letter), version=letter.version, by=OFFICE)
    for change in (
        lambda: Letter.objects.filter(pk=letter.pk).update(subject="khác"),
        lambda: LetterItem.objects.filter(letter=letter).update(text="khác"),
        lambda: LetterItem.objects.filter(letter=letter).delete(),
    ):
        with pytest.raises(DatabaseError, match="not changed"), transaction.atomic():
            change()


def test_a_paper_that_cannot_be_printed_leaves_nothing(
    right: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_paper: object) -> bytes:
        raise TemplateBroken()

    monkeypatch.setattr(letters, "to_pdf", broken)
    with pytest.raises(TemplateBroken):
        issued(right)
    assert last_number() == 6921
    assert not Task.objects.filter(code="C0").exists()
    right.refresh_from_db()
    assert right.is_draft


def test_a_letter_without_its_signer_or_with_a_withdrawn_opinion_waits(
    reception: Reception,
) -> None:
    letter = kien_giang.drafted(reception)
    with pytest.raises(errors.LetterIncomplete):
        issued(letter)
    with pytest.raises(errors.OpinionMissing):
        receiving.withdraw_opinion(letter.opinion, "Ghi nhầm", by=OFFICE)
    letters.drop_letter(letter, "Viết lại", version=1, by=OFFICE)
    receiving.withdraw_opinion(letter.opinion, "Ghi nhầm", by=OFFICE)
    letter.opinion.refresh_from_db()
    with pytest.raises(errors.OpinionMissing):
        letters.draft_letter(reception, letter.opinion, lead="H33.STTTT", by=OFFICE)


def test_one_letter_is_drafted_at_a_time(draft: Letter) -> None:
    with pytest.raises(errors.LetterDrafted):
        letters.draft_letter(draft.reception, draft.opinion, lead="H33.STTTT", by=OFFICE)


def test_a_draft_may_begin_with_the_tasks_singled_out(reception: Reception) -> None:
    given = {task.code: task.pk for task in read.given_tasks(reception)}
    letter = kien_giang.drafted(reception)
    letters.drop_letter(letter, "Viết lại", version=1, by=OFFICE)
    again = letters.draft_letter(
        reception, letter.opinion, [given["R2c"], given["R2e"]], lead="H33.STTTT", by=OFFICE
    )
    assert [item.carried.get().task.code for item in again.items.all()] == ["R2c", "R2e"]


def test_a_document_is_received_once_and_not_before_it_was_issued(reception: Reception) -> None:
    assert (reception.body, reception.number) == ("H33", 1)
    with pytest.raises(errors.ReceivedAlready):
        receiving.receive(reception.document, by=OFFICE)
    other = reading.document_numbered("2304/BTTTT-THH")
    for day in (date(2021, 6, 28), date(2021, 9, 12)):
        with pytest.raises(errors.BadIssueDate):
            receiving.receive(other, on=day, by=OFFICE)
    assert receiving.receive(other, by=OFFICE).number == 2


def test_a_file_of_another_document_is_refused(right: Letter) -> None:
    from lienthong.systems.steering.queries.bodies import bodies_on

    bodies = bodies_on(DAY)
    file = to_docx(read.paper(right, number=6922, on=DAY))
    with pytest.raises(errors.FileOfAnother):
        receiving.refuse_another(file, right.reception.document, bodies)
    with pytest.raises(errors.FileRefused):
        receiving.refuse_another(b"%PDF-1.7 damaged", right.reception.document, bodies)
    document = issued(right).document
    assert document is not None
    receiving.refuse_another(file, document, bodies)
    DirectiveDocument.objects.filter(pk=document.pk).update(issued_on=date(2021, 9, 10))
    document.refresh_from_db()
    with pytest.raises(errors.FileOfAnother):
        receiving.refuse_another(file, document, bodies)


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"words": " "}, errors.OpinionMissing),
        ({"leader": ""}, errors.OpinionMissing),
        ({"given_on": date(2021, 9, 5)}, errors.BadIssueDate),
        ({"given_on": date(2021, 9, 12)}, errors.BadIssueDate),
        ({"by": story.officer("vu.ha", "G14.TH", story.SECRETARY, DAY)}, errors.NotYourTask),
    ],
)
def test_an_opinion_says_who_when_and_what(
    reception: Reception, changed: dict[str, object], error: type[Exception]
) -> None:
    given: dict[str, object] = {
        "leader": seed.LEADER,
        "title": seed.TITLE,
        "given_on": date(2021, 9, 9),
        "words": seed.WORDS,
        "by": OFFICE,
    }
    with pytest.raises(error):
        receiving.record_opinion(reception, **(given | changed))  # type: ignore[arg-type]


def test_a_symbol_that_is_none_is_refused(draft: Letter) -> None:
    from dataclasses import replace

    with pytest.raises(errors.BadSymbol):
        letters.save_letter(
            draft, replace(kien_giang.entry(draft), symbol="VP KGVX!"), version=2, by=OFFICE
        )


def test_a_task_of_another_document_is_no_part_of_it(draft: Letter) -> None:
    from dataclasses import replace

    foreign = story.assign(story.document(by=OFFICE), by=OFFICE)
    entry = kien_giang.entry(draft)
    item = replace(entry.items[0], tasks=(foreign.pk,))
    with pytest.raises(errors.NoSuchTask):
        letters.save_letter(draft, replace(entry, items=(item,)), version=2, by=OFFICE)


def test_the_number_of_a_draft_is_left_open(draft: Letter) -> None:
    head = next(b for b in read.paper(draft).blocks if isinstance(b, LetterHead))
    assert re.fullmatch("Số: \u00a0+/VP-KGVX", head.number)
