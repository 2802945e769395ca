"""Keeping what a person has confirmed of a draft: the document and its tasks, or nothing."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from lienthong.kernel.actor import Actor

from ..models import DirectiveDocument
from .directives import DocumentEntry, enter_document
from .tasks import TaskEntry, assign


@transaction.atomic
def keep_draft(
    document: DocumentEntry, tasks: Sequence[TaskEntry], *, by: Actor
) -> DirectiveDocument:
    """
    Enter a document with the tasks confirmed out of it, all of them or none.

    Raises what `enter_document` and `assign` raise; then nothing is kept.
    """
    made = enter_document(document, by=by)
    for entry in tasks:
        assign(made, entry, by=by)
    return made
