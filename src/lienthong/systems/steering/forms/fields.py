"""Fields the pages about documents and tasks share."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lienthong.kernel.errors import LienThongError

from ..domain.bodies import Bodies
from ..errors import SeveralDocuments

BETWEEN = re.compile(r"[;\n]")


def day_field(label: Any, *, required: bool = False, help_text: Any = "") -> forms.DateField:
    """A date as people write it; a native field speaks the language of the browser."""
    return forms.DateField(
        label=label,
        required=required,
        help_text=help_text,
        input_formats=["%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y"],
        error_messages={
            "invalid": _("This day cannot be read. Write day/month/year, such as 20/08/2021."),
            "required": _("Write the day."),
        },
        widget=forms.DateInput(
            attrs={
                "inputmode": "numeric",
                "autocomplete": "off",
                "placeholder": _("day/month/year"),
            },
            format="%d/%m/%Y",
        ),
    )


def lines(text: str) -> tuple[str, ...]:
    """What stands on lines of its own, or between semicolons."""
    return tuple(filter(None, (part.strip() for part in BETWEEN.split(text))))


class BodyField(forms.CharField):
    """A body by its name, chosen from suggestions or typed."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=200, **kwargs)
        self.widget.attrs |= {"list": "bodies", "autocomplete": "off"}


def known(bodies: Bodies, text: str) -> str:
    """The code of a body; a name nobody knows is an error at its field."""
    try:
        return bodies.get(text).code
    except LienThongError:
        raise forms.ValidationError(
            _("No body is known by this name. Choose one of the list, or add it first.")
        ) from None


def not_one(problem: LienThongError, text: str) -> forms.ValidationError:
    """What is wrong with a citation: nobody bears it, or several do and are named."""
    if isinstance(problem, SeveralDocuments):
        several: Any = problem.detail["documents"]
        return forms.ValidationError(
            _("Several documents bear %(number)s. Write one of: %(several)s"),
            params={"number": text[:60], "several": "; ".join(several)},
        )
    return forms.ValidationError(
        _("%(number)s has not been entered here yet."), params={"number": text[:60]}
    )
