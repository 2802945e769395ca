"""
Taking the next number of a book, without gaps and without doubles.

The book's row is locked until the entry is committed, so a rollback gives the number
back and two officers of one desk queue here. Order of locks: book first, then entries.
"""

from __future__ import annotations

from datetime import date

from lienthong.systems.civil_status.errors import BookClosed
from lienthong.systems.civil_status.models import Desk, Entry, RegisterBook


def open_book(*, desk: Desk, kind: str, day: date) -> RegisterBook:
    """The locked book of a desk, kind and year; opened when the year has none yet."""
    RegisterBook.objects.bulk_create(
        [RegisterBook(office=desk.office, kind=kind, year=day.year)], ignore_conflicts=True
    )
    book = RegisterBook.objects.select_for_update().get(
        office=desk.office, kind=kind, year=day.year
    )
    if book.closed_on is not None:
        raise BookClosed(year=book.year)
    return book


def number(entry: Entry, book: RegisterBook) -> None:
    """Give an entry the next number of a locked book, on a page of its own."""
    book.last_no += 1
    book.save(update_fields=["last_no"])
    entry.entry_no, entry.entry_year = book.last_no, book.year
    entry.book_no = f"{book.kind}/{book.year}"
    entry.page = f"{book.last_no}"
