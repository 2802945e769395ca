from __future__ import annotations

import io
import zipfile
from pathlib import Path

import docx
import pytest
from django.test import Client

from lienthong.systems.steering import errors
from lienthong.systems.steering.models import DirectiveDocument, Task
from lienthong.systems.steering.services import reading
from lienthong.web.papers import press
from systems.steering import tasks_cast as story
from systems.steering.test_the_desk_of_tasks_is_by_body import desk
from unit.systems.steering.gold import DOCUMENTS

ADDRESS = "/canbo/nhiem-vu/van-ban/doc"
LETTER = (DOCUMENTS / "06-cong-van-van-phong-tinh.txt").read_text(encoding="utf-8")


def as_docx(text: str) -> bytes:
    document = docx.Document()
    for line in text.splitlines():
        document.add_paragraph(line)
    held = io.BytesIO()
    document.save(held)
    return held.getvalue()


def as_pdf(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """Printed by the house's own press, with its fonts."""
    source = (
        "#let d = json(bytes(sys.inputs.data))\n"
        '#set text(font: "Tinos", lang: "vi")\n#set page(width: 16cm)\n'
        "#for line in d.lines [#par[#line]]\n"
    )
    monkeypatch.setattr(press, "template_source", lambda name: source)
    return press.typeset("thu.typ", {"lines": text.splitlines()})


# -- files ---------------------------------------------------------------------------


def test_a_docx_gives_its_paragraphs() -> None:
    assert "Số: 3120/VP-TH" in reading.text_of(as_docx(LETTER)).splitlines()


def test_a_pdf_with_text_gives_its_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = reading.text_of(as_pdf(LETTER, tmp_path, monkeypatch))
    assert "3120/VP-TH" in text
    assert "Sở Thông tin và Truyền thông" in " ".join(text.split())


def bomb() -> bytes:
    """A DOCX of a few kilobytes that unpacks to hundreds of megabytes."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b" " * (reading.MOST_UNPACKED + 1))
    return held.getvalue()


def many_parts() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("word/document.xml", b"")
        for number in range(reading.MOST_PARTS):
            archive.writestr(f"{number}", b"")
    return held.getvalue()


def entities() -> bytes:
    """Entities that grow when they are resolved."""
    body = as_docx("x")
    held = io.BytesIO()
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    xml = f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY l0 "lol">{lol}]><d>&l9;</d>'
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(held, "w") as new:
        for part in old.infolist():
            whole = xml.encode() if part.filename == "word/document.xml" else old.read(part)
            new.writestr(part.filename, whole)
    return held.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"MZ program",
        b"PK\x03\x04 cut",
        b"%PDF-1.7 nothing behind it",
        b"%PDF-1.7" + b"0" * reading.LARGEST,
        bomb(),
        many_parts(),
        entities(),
    ],
    ids=["kind", "cut", "empty pdf", "large", "bomb", "parts", "entities"],
)
def test_a_hostile_file_is_refused(content: bytes) -> None:
    with pytest.raises((errors.FileRefused, errors.NoTextInFile)):
        reading.text_of(content)


def test_a_file_without_text_is_told_from_a_broken_one() -> None:
    with pytest.raises(errors.NoTextInFile):
        reading.text_of(as_docx(""))


# -- pages ---------------------------------------------------------------------------


@pytest.fixture
def province(offices: None, stopped_clock: object) -> Client:
    return desk("ngo.phuc", "H33.VP", *story.LEADER)


def answers(text: str, decisions: list[str], **changed: str) -> dict[str, str]:
    """What the page would send when nothing is edited."""
    from lienthong.systems.steering.domain.drafting.propose import draft
    from lienthong.systems.steering.queries.bodies import bodies_on

    bodies = bodies_on(story.PROVINCE.legal_day)
    found = draft(text, bodies)
    sent = {
        "confirm": "1",
        "text": text,
        "number": "3120/VP-TH",
        "issued_on": "04/05/2021",
        "issuer": "H33.VP",
        "subject": "nâng cao tỷ lệ hồ sơ trực tuyến",
        "urgency": "normal",
    }
    for number, (one, decision) in enumerate(zip(found.tasks, decisions, strict=True), start=1):
        prefix = f"p{number}-"
        sent |= {
            f"{prefix}code": str(number),
            f"{prefix}text": one.text,
            f"{prefix}lead": one.lead,
            f"{prefix}group": one.group,
            f"{prefix}co_leads": "\n".join(one.co_leads),
            f"{prefix}due_kind": one.rule.kind.value,
            f"{prefix}due_day": f"{one.rule.day:%d/%m/%Y}" if one.rule.day else "",
            f"{prefix}due_days": str(one.rule.days or ""),
            f"{prefix}cadence": one.rule.cadence.value if one.rule.cadence else "",
            f"{prefix}due_note": one.rule.note,
        }
        if decision:
            sent[f"{prefix}decision"] = decision
    return sent | changed


@pytest.mark.django_db
def test_a_text_is_read_and_nothing_is_kept_by_that(province: Client) -> None:
    page = province.post(ADDRESS, {"text": LETTER}).content.decode()
    assert "3120/VP-TH" in page
    assert "Văn bản nêu rõ" in page
    assert page.count("<blockquote>") == 4
    assert not DirectiveDocument.objects.exists()


@pytest.mark.django_db
def test_an_undecided_proposal_keeps_everything_back(province: Client) -> None:
    page = province.post(ADDRESS, answers(LETTER, ["keep", "", "drop", "drop"]))
    assert page.status_code == 400
    assert "Chọn giữ hay bỏ cho từng đề xuất" in page.content.decode()
    assert not DirectiveDocument.objects.exists()


@pytest.mark.django_db
def test_what_is_kept_is_entered_as_it_was_edited(province: Client) -> None:
    sent = answers(LETTER, ["keep", "keep", "drop", "drop"]) | {
        "p1-text": "Rà soát dịch vụ (đã sửa)",
        "p2-lead": "Sở Thông tin và Truyền thông tỉnh Kiên Giang",
        "p2-due_kind": "none",
        "p2-due_note": "Thường xuyên",
        # What is dropped need not be right.
        "p3-lead": "Sở Không có",
        "p3-text": "",
    }
    answer = province.post(ADDRESS, sent)
    assert answer.status_code == 302, [f.errors for f in answer.context["forms"]]
    assert [(t.text, t.lead) for t in Task.objects.order_by("code")] == [
        ("Rà soát dịch vụ (đã sửa)", "H33.STTTT"),
        (Task.objects.get(code="2").text, "H33.STTTT"),
    ]
    first = Task.objects.get(code="1")
    assert f"{first.due_on:%d/%m/%Y}" == "20/05/2021"
    assert "Sở Tư pháp" in first.co_leads.get().words


@pytest.mark.django_db
def test_all_of_a_draft_is_kept_or_nothing(province: Client) -> None:
    sent = answers(LETTER, ["keep", "keep", "drop", "drop"]) | {
        "p1-lead": "H33.STTTT",
        "p2-lead": "H33.STTTT",
        "p2-code": "1",
    }
    page = province.post(ADDRESS, sent)
    assert "đã có nhiệm vụ mang mã này" in page.content.decode()
    assert not DirectiveDocument.objects.exists()
    assert not Task.objects.exists()


@pytest.mark.django_db
def test_a_file_is_read_at_the_desk(province: Client) -> None:
    given = io.BytesIO(as_docx(LETTER))
    given.name = "cong-van.docx"
    assert "3120/VP-TH" in province.post(ADDRESS, {"file": given}).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "told"),
    [(b"MZ", "Không nhận được tệp này"), (as_docx(""), "Tệp không có chữ đọc được")],
)
def test_a_file_that_cannot_be_read_is_told(province: Client, content: bytes, told: str) -> None:
    answer = province.post(ADDRESS, {"file": io.BytesIO(content)})
    assert answer.status_code == 400
    assert told in answer.content.decode()


@pytest.mark.django_db
def test_only_a_secretary_reads_documents_in(offices: None, stopped_clock: object) -> None:
    client = desk("lam.yen", "H33.STTTT", *story.ROLES)
    assert client.get(ADDRESS).status_code == 403


@pytest.mark.django_db
def test_as_many_proposals_as_a_page_holds_can_be_sent(province: Client) -> None:
    from lienthong.systems.steering.domain.drafting.propose import MOST

    item = "1. Giao Bộ Y tế rà soát danh mục số {}.\n"
    text = "yêu cầu:\n" + "".join(item.format(n) for n in range(MOST + 5))
    page = province.post(ADDRESS, {"text": text}).content.decode()
    assert "nhiều nhiệm vụ hơn" in page
    sent = answers(text, ["keep"] * MOST)
    assert province.post(ADDRESS, sent).status_code == 302
    assert Task.objects.count() == MOST
