"""What a board of tasks is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lienthong.kernel.errors import LienThongError

from ..domain.bodies import Bodies, Level
from ..domain.deadlines import Standing
from ..queries.directives import document_numbered
from ..queries.tasks import COUNTED, NO_FIELD
from ..queries.tasks import LEVELS as LEVELS_COUNTED
from .fields import day_field, not_one

LEVELS = (
    ("", _("Every level")),
    (Level.GOVERNMENT.value, _("Government")),
    (Level.MINISTRY.value, _("Ministries and agencies")),
    (Level.PROVINCE.value, _("Provinces and cities")),
    (Level.DEPARTMENT.value, _("Departments and offices")),
)
STANDINGS = (
    ("", _("Every state")),
    (Standing.OVERDUE.value, _("Overdue")),
    ("soon", _("Nearly due")),
    ("not_done", _("Not done")),
    (Standing.IN_TIME.value, _("Not yet due")),
    (Standing.OPEN.value, _("Without a date")),
    ("done", _("Done")),
    (Standing.DONE_IN_TIME.value, _("Done in time")),
    (Standing.DONE_LATE.value, _("Done late")),
    (Standing.WITHDRAWN.value, _("Withdrawn")),
)
SORTS = (
    ("due", _("Deadline, nearest first")),
    ("-due", _("Deadline, latest first")),
    ("document", _("Newest document first")),
    ("lead", _("Lead body")),
    ("code", _("Code")),
)
FIGURES = (("", "–"), *((code, code) for code in (*LEVELS_COUNTED, *COUNTED)))


class BoardForm(forms.Form):
    """What a board shows; everything may stay empty."""

    q = forms.CharField(label=_("Words, code or number"), required=False, max_length=120)
    standing = forms.ChoiceField(label=_("State"), choices=STANDINGS, required=False)
    body = forms.ChoiceField(label=_("Lead body"), required=False)
    level = forms.ChoiceField(label=_("Level"), choices=LEVELS, required=False)
    field = forms.ChoiceField(label=_("Field of work"), required=False)
    document = forms.CharField(label=_("Document"), required=False, max_length=200)
    as_of = day_field(_("As of the end of"), help_text=_("Today when left empty"))
    figure = forms.ChoiceField(required=False, choices=FIGURES, widget=forms.HiddenInput)
    due_from = day_field(_("Due from"))
    due_to = day_field(_("Due until"))
    sort = forms.ChoiceField(label=_("Order"), choices=SORTS, required=False)
    whose = forms.ChoiceField(
        label=_("Whose"),
        choices=(("", _("All")), ("mine", _("Of my body"))),
        required=False,
    )

    def __init__(
        self,
        *args: Any,
        bodies: Bodies,
        leads: Iterable[str],
        fields_used: Iterable[str],
        today: date,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.bodies, self.today = bodies, today
        named = sorted(((code, bodies.name(code)) for code in leads), key=lambda pair: pair[1])
        self.fields["body"].choices = [("", _("Every body")), *named]  # type: ignore[attr-defined]
        self.fields["field"].choices = [  # type: ignore[attr-defined]
            ("", _("Every field")),
            *((name, name) for name in fields_used),
            (NO_FIELD, _("No field")),
        ]

    def clean_as_of(self) -> date | None:
        day: date | None = self.cleaned_data["as_of"]
        if day is not None and day > self.today:
            raise forms.ValidationError(_("Nobody knows yet how tasks will stand on that day."))
        return day

    def clean_document(self) -> int | None:
        text = self.cleaned_data["document"]
        if not text:
            return None
        try:
            return document_numbered(text, self.bodies).pk
        except LienThongError as problem:
            raise not_one(problem, text) from None
