"""What an administrator enters as the rule of a kind from a day on."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lienthong.systems.civil_status.domain.kinds import KindRule
from lienthong.systems.civil_status.forms.entries import CleanText, date_field
from lienthong.web import catalogues

LEVELS = (
    ("commune", _("Commune level")),
    ("district", _("District level")),
    ("commune district", _("Commune or district")),
)


class RuleForm(forms.Form):
    """One dated row; what stood before it stands again where it ends."""

    valid_from = date_field(_("In force from"))
    valid_to = date_field(_("In force until"), required=False)
    domestic = forms.ChoiceField(label=_("Who registers it"), choices=LEVELS)
    foreign = forms.ChoiceField(label=_("With a foreign element"), choices=LEVELS)
    grown = forms.ChoiceField(
        label=_("For a person of fourteen or older"),
        choices=(("", _("no difference")), *LEVELS),
        required=False,
    )
    limit = forms.ChoiceField(label=_("Settled within"))
    limit_foreign = forms.ChoiceField(label=_("Time limit with a foreign element"), required=False)
    series = CleanText(
        label=_("Sign after the number of an extract"), max_length=20, required=False
    )
    declarant = CleanText(label=_("Who declares"), max_length=200, required=False)
    youngest_woman = forms.IntegerField(
        label=_("Youngest age, woman"), min_value=0, max_value=99, required=False
    )
    youngest_man = forms.IntegerField(
        label=_("Youngest age, man"), min_value=0, max_value=99, required=False
    )
    legal_basis = CleanText(label=_("Legal basis"), max_length=300)
    doubt = CleanText(
        label=_("What is not certain about it"), max_length=300, required=False,
        help_text=_("Left empty when the text of the law itself was read"),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        limits = {limit.code: limit.title for limit in catalogues.limits()}
        choices = sorted(limits.items(), key=lambda one: one[1])
        self.fields["limit"].choices = choices  # type: ignore[attr-defined]
        self.fields["limit_foreign"].choices = [("", "–"), *choices]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        start, end = data.get("valid_from"), data.get("valid_to")
        if start and end and end < start:
            self.add_error("valid_to", _("The last day lies before the first."))
        return data

    def rule(self, kind: str) -> KindRule:
        data = self.cleaned_data
        return KindRule(
            kind=kind,
            valid_from=data["valid_from"],
            valid_to=data["valid_to"],
            domestic=tuple(data["domestic"].split()),
            foreign=tuple(data["foreign"].split()),
            grown=tuple(data["grown"].split()),
            limit=data["limit"],
            limit_foreign=data["limit_foreign"],
            legal_basis=data["legal_basis"],
            series=data["series"],
            declarant=data["declarant"],
            youngest_woman=data["youngest_woman"],
            youngest_man=data["youngest_man"],
            doubt=data["doubt"],
        )
