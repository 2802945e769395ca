"""Paragraphs of persons: carried over, changed in the open, undone, commented, approved."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import given as for_all
from hypothesis import strategies as st

from lienthong.kernel import clock
from lienthong.kernel.periods import Period
from lienthong.systems.steering import services
from lienthong.systems.steering.domain import summary as rules
from lienthong.systems.steering.domain.outline import OUTLINE, Fig
from lienthong.systems.steering.domain.tracked import Kind, changes
from lienthong.systems.steering.errors import (
    AlreadyIssued,
    BadPassage,
    ChangedMeanwhile,
    NoSuchSection,
    NothingToUndo,
    OwnWords,
    SectionUnapproved,
)
from lienthong.systems.steering.models import Passage, PassageRevision
from lienthong.systems.steering.queries import document
from lienthong.systems.steering.queries.document import Report
from lienthong.systems.steering.queries.narrative import digest_of, history_of, passages_of
from lienthong.systems.steering.services import narrative
from lienthong.web.papers.blocks import (
    Heading,
    Number,
    Paragraph,
    Signing,
    Title,
    inlines_of,
    plain,
)
from lienthong.web.papers.decree30.check import check
from lienthong.web.papers.decree30.faults import errors
from lienthong.web.papers.printing import to_pdf

AUGUST, SEPTEMBER = Period.month("2021-08"), Period.month("2021-09")
DESK = "/canbo/steering/2021-08/soan/"
WORDS = "Tiếp tục hoàn thiện thể chế về định danh và xác thực điện tử."


@pytest.fixture
def other(secretary):
    return replace(secretary, account="mai.thu")


@pytest.fixture
def passage(collected, secretary):
    return narrative.add(collected, "III", WORDS, by=secretary, name="Vũ Hà")


def approve(edition, section, by):
    seen = digest_of(passages_of(edition)[section])
    return narrative.approve(edition, section, seen, by=by, name="Mai Thu")


def paragraphs(edition, write=document.body):
    return [plain(b.inlines) for b in write(Report.of(edition)) if isinstance(b, Paragraph)]


def test_what_persons_write_stands_in_its_section_and_is_no_open_point(collected, passage):
    assert WORDS in paragraphs(collected)
    assert WORDS in paragraphs(collected, document.summary_body)
    open_ = {p.section.anchor for p in Report.of(collected).open_points() if p.reason == "person"}
    assert "III" not in open_
    assert "II" in open_


@for_all(st.text("ab ạ\n", max_size=40), st.text("ab ạ\n", max_size=40))
def test_changes_put_together_are_both_texts(before, after):
    found = changes(before, after)
    assert "".join(c.text for c in found if c.kind != Kind.INSERTED) == before
    assert "".join(c.text for c in found if c.kind != Kind.DELETED) == after


def test_the_next_month_begins_with_the_words_of_this_one_and_shows_what_changed(
    collected, passage, month, secretary, other
):
    approve(collected, "III", other)
    services.issue(collected, by=secretary)
    with clock.stopped(at=datetime(2021, 9, 20, tzinfo=UTC), legal_day=date(2021, 9, 20)):
        draft = services.open_edition(SEPTEMBER, by=secretary)
        (mine,) = draft.passages.all()
        assert (mine.text, mine.carried) == (WORDS, WORDS)
        assert not history_of(mine)
        words = WORDS.replace("hoàn thiện", "sớm ban hành")
        mine = narrative.edit(mine, words, version=1, by=secretary, name="Vũ Hà")
        (step,) = history_of(mine)
        told = {(c.kind, c.text) for c in step.changes if c.kind != Kind.SAME}
        assert told == {(Kind.DELETED, "hoàn thiện"), (Kind.INSERTED, "sớm ban hành")} or (
            "".join(c.text for c in step.changes if c.kind != Kind.DELETED) == words
        )
        assert step.revision.by_name == "Vũ Hà"
        back = narrative.undo(mine, version=2, by=secretary, name="Vũ Hà")
        assert back.text == WORDS
        assert passages_of(draft)["III"][0].version == 3


def test_two_editors_at_once_lose_nothing(passage, secretary, other):
    narrative.edit(passage, "Lời của người thứ nhất.", version=1, by=secretary, name="Vũ Hà")
    with pytest.raises(ChangedMeanwhile):
        narrative.edit(passage, "Lời của người thứ hai.", version=1, by=other, name="Mai Thu")
    passage.refresh_from_db()
    assert passage.text == "Lời của người thứ nhất."
    assert [r.text for r in passage.revisions.all()] == [WORDS, "Lời của người thứ nhất."]


def test_undoing_needs_something_before(passage, secretary):
    with pytest.raises(NothingToUndo):
        narrative.undo(passage, version=1, by=secretary, name="Vũ Hà")


def test_taking_out_leaves_the_revisions(collected, passage, secretary):
    narrative.edit(passage, "", version=1, by=secretary, name="Vũ Hà")
    assert WORDS not in paragraphs(collected)
    assert PassageRevision.objects.count() == 2


def test_words_without_an_approval_stop_the_issue(collected, passage, secretary, other):
    with pytest.raises(SectionUnapproved) as stopped:
        services.issue(collected, by=secretary)
    assert stopped.value.detail["sections"] == ["III"]
    approve(collected, "III", other)
    assert services.issue(collected, by=secretary).number == 1


def test_other_words_need_another_approval(collected, passage, secretary, other):
    approve(collected, "III", other)
    narrative.edit(passage, "Lời khác.", version=1, by=secretary, name="Vũ Hà")
    with pytest.raises(SectionUnapproved):
        services.issue(collected, by=secretary)


def test_nobody_approves_his_own_words_or_words_he_has_not_seen(
    collected, passage, secretary, other
):
    with pytest.raises(OwnWords):
        approve(collected, "III", secretary)
    with pytest.raises(ChangedMeanwhile):
        narrative.approve(collected, "III", "0" * 64, by=other, name="Mai Thu")


@pytest.mark.parametrize("text", ["", "  \n", "x" * 20_001])
def test_a_paragraph_is_words_and_not_a_book(collected, secretary, text):
    with pytest.raises(BadPassage):
        narrative.add(collected, "III", text, by=secretary, name="Vũ Hà")
    with pytest.raises(NoSuchSection):
        narrative.add(collected, "IX", WORDS, by=secretary, name="Vũ Hà")


def test_issued_words_are_closed(collected, passage, secretary, other):
    approve(collected, "III", other)
    services.issue(collected, by=secretary)
    with pytest.raises(AlreadyIssued):
        narrative.edit(passage, "Muộn.", version=1, by=secretary, name="Vũ Hà")
    for statement in (
        "UPDATE steering_passage SET text = 'x'",
        "DELETE FROM steering_passagerevision",
        "DELETE FROM steering_sectionapproval",
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            connection.cursor().execute(statement)


# --- the summary -----------------------------------------------------------


def test_the_summary_shares_the_figures_of_the_full_report(collected):
    report = Report.of(collected)
    full = {i.code: i for i in inlines_of(document.body(report)) if isinstance(i, Number)}
    short = {i.code: i for i in inlines_of(document.summary_body(report)) if isinstance(i, Number)}
    assert short
    assert all(full[code] == number for code, number in short.items())
    assert set(short) <= rules.KEPT
    assert {"F019", "F020", "F070"} <= set(short)


def test_every_figure_of_the_summary_is_written_as_in_the_full_report():
    def forms(outline):
        return {
            part.code: part.form
            for section in outline
            for item in section.items
            for sentence in item.sentences
            for part in sentence.parts
            if isinstance(part, Fig)
        }

    full, short = forms(OUTLINE), forms(rules.summary_outline())
    assert set(short) == rules.KEPT
    assert all(full[code] == form for code, form in short.items())


def test_what_the_summary_leaves_out_is_listed(collected):
    left_out = set(document.not_in_summary(Report.of(collected)))
    assert {"F001", "F002", "F003", "F014", "F018", "F021", "F023", "F069"} <= left_out
    assert not left_out & rules.KEPT


def test_the_summary_has_its_own_title_no_assessment_and_keeps_the_layout(collected, passage):
    blocks = document.summary_body(Report.of(collected))
    headings = [b for b in blocks if isinstance(b, Heading)]
    assert [b.kind for b in blocks if isinstance(b, Title)] == ["Báo cáo tóm tắt"]
    assert isinstance(blocks[-1], Signing)
    assert {h.number for h in headings if h.level == 1} == {"I.", "II."}
    assert headings[-1].text == "Đề xuất, kiến nghị"
    for one, two in zip(blocks, blocks[1:], strict=False):
        assert not (
            isinstance(one, Heading) and isinstance(two, Heading) and two.level <= one.level
        )
    assert errors(check(to_pdf(document.summary(Report.of(collected))))) == []


# --- the page --------------------------------------------------------------


def test_writing_approving_and_losing_nothing_on_the_page(signed_in, collected, other):
    signed_in.post(f"{DESK}III/them", {"text": WORDS, "mark": "-"})
    passage = Passage.objects.get()
    page = signed_in.get(DESK).content.decode()
    assert WORDS in page
    signed_in.post(f"{DESK}doan/{passage.pk}", {"text": "Lời mới.", "version": "1"})
    answer = signed_in.post(f"{DESK}doan/{passage.pk}", {"text": "Lời thứ ba.", "version": "1"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Lời thứ ba." in page
    assert "Lời mới." in page
    signed_in.post(f"{DESK}doan/{passage.pk}/gop-y", {"text": "Nên nêu số văn bản."})
    signed_in.post(f"{DESK}doan/{passage.pk}/hoan-tac", {"version": "2"})
    passage.refresh_from_db()
    assert (passage.text, passage.comments.count()) == (WORDS, 1)
    seen = digest_of(passages_of(collected)["III"])
    signed_in.post(f"{DESK}III/duyet", {"seen": seen})
    assert not collected.approvals.exists(), "nobody approves his own words"
    page = signed_in.get("/canbo/steering/2021-08/phat-hanh").content.decode()
    assert "Chưa có người duyệt nội dung mục III" in page


def test_a_careful_readers_questions_stand_above_the_text(collected, secretary, signed_in) -> None:
    """X11, X12 and X13 of the sheet: dates in two styles, one name in two ways, the summary."""
    narrative.add(collected, "I-1", "Theo văn bản ngày 12/08/2021.", by=secretary, name="Vũ Hà")
    narrative.add(
        collected, "III", "Trong dịch Covid-19, báo cáo ngày 7/3/2021.", by=secretary, name="Vũ Hà"
    )
    page = signed_in.get(DESK).content.decode()
    asked = page.partition('class="wr-remarks"')[2].partition("</section>")[0]
    assert "Ngày tháng viết theo hai kiểu: 12/08/2021 bên cạnh 7/3/2021." in asked
    assert "Nên viết “COVID-19”, không viết “Covid-19”." in asked
    assert "Báo cáo tóm tắt không có: " in asked
