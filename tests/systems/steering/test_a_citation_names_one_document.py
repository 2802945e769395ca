from __future__ import annotations

from datetime import date

import pytest

from lienthong.systems.steering import errors
from lienthong.systems.steering.forms.documents import DocumentForm
from lienthong.systems.steering.models import DirectiveDocument, DocumentLink
from lienthong.systems.steering.queries import directives as reading
from lienthong.systems.steering.queries.bodies import bodies_on
from lienthong.systems.steering.services import directives
from systems.steering import tasks_cast as story

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stopped_clock", "offices")]
HERE, THERE = "Ủy ban nhân dân tỉnh Kiên Giang", "Ủy ban nhân dân tỉnh An Giang"


@pytest.fixture
def first() -> DirectiveDocument:
    return story.document("120/UBND-VX", issuer="H33", on=date(2021, 8, 2))


@pytest.fixture
def letter(first: DirectiveDocument) -> DirectiveDocument:
    """A letter that carries the first one out."""
    return story.document("700/VP-VX", on=date(2021, 8, 10), links=((first.pk, "carries_out"),))


def second() -> DirectiveDocument:
    """The same number of another province, of a later day."""
    return story.document("120/UBND-VX", issuer=THERE, on=date(2021, 8, 9), by=story.MINISTRY)


def typed(letter: DirectiveDocument, **changed: str) -> DocumentForm:
    bodies = bodies_on(date(2021, 8, 20))
    data = {
        key: f"{value:%d/%m/%Y}" if isinstance(value, date) else str(value)
        for key, value in DocumentForm.initial_of(letter, bodies).items()
    }
    return DocumentForm(data | changed, bodies=bodies, document=letter)


def linked(letter: DirectiveDocument) -> list[DirectiveDocument]:
    return [link.earlier for link in letter.earlier_links.all()]


def save(letter: DirectiveDocument, form: DocumentForm) -> None:
    assert form.is_valid(), form.errors
    directives.edit_document(letter, form.entry, version=letter.version, by=story.PROVINCE)
    letter.refresh_from_db()


def test_a_number_two_bodies_bear_is_asked_about(first: DirectiveDocument) -> None:
    assert reading.document_numbered("120/UBND-VX") == first
    other = second()
    with pytest.raises(errors.SeveralDocuments) as asked:
        reading.document_numbered("120/UBND-VX")
    assert asked.value.detail["documents"] == [other.cited, first.cited]
    assert reading.document_numbered(f"120/UBND-VX của {HERE}") == first
    assert reading.document_numbered("120/UBND-VX ngày 9/8/2021") == other
    assert reading.document_numbered(first.cited) == first


@pytest.mark.parametrize("shown", ["120/UBND-VX", "120/UBND-VX ngày 02/08/2021"])
def test_an_edit_of_something_else_keeps_the_link(
    letter: DirectiveDocument, first: DirectiveDocument, shown: str
) -> None:
    second()
    # The page was opened before the other province's document was entered.
    save(letter, typed(letter, carries_out=shown, subject="Chủ đề mới"))
    assert linked(letter) == [first]


def test_a_changed_link_that_is_ambiguous_is_told_with_its_candidates(
    letter: DirectiveDocument, first: DirectiveDocument
) -> None:
    other = second()
    form = typed(letter, carries_out="", cites="120 /UBND - VX", unlink_reason="Chỉ viện dẫn")
    assert not form.is_valid()
    told = str(form.errors["cites"])
    assert first.cited in told
    assert other.cited in told
    save(letter, typed(letter, carries_out="", cites=other.cited, unlink_reason="Nhầm tỉnh"))
    assert linked(letter) == [other]


def test_a_link_is_taken_out_with_a_reason_and_stays_readable(
    letter: DirectiveDocument, first: DirectiveDocument
) -> None:
    assert not typed(letter, carries_out="").is_valid()
    entry = directives.DocumentEntry(
        number="700/VP-VX", issuer="H33.VP", issued_on=date(2021, 8, 10), subject="x"
    )
    with pytest.raises(errors.ReasonMissing):
        directives.edit_document(letter, entry, version=1, by=story.PROVINCE)
    assert linked(letter) == [first]
    save(letter, typed(letter, carries_out="", unlink_reason="Nhập nhầm"))
    assert linked(letter) == []
    (gone,) = DocumentLink.every.filter(later=letter)
    assert (gone.earlier, gone.withdrawn_reason) == (first, "Nhập nhầm")
    # It may be linked again; the withdrawn row stays beside the new one.
    save(letter, typed(letter, cites="120/UBND-VX"))
    assert linked(letter) == [first]
    assert DocumentLink.every.filter(later=letter).count() == 2


@pytest.mark.parametrize("text", ["", "ngày 2/8/2021", "120/UBND-VX ngày 31/02/2021", "0/UBND-VX"])
def test_what_is_no_citation_is_refused(text: str) -> None:
    with pytest.raises(errors.BadSymbol):
        reading.document_numbered(text)
