"""The declaration of any event: its fields follow from what its kind is made of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from lienthong.kernel import names
from lienthong.systems.civil_status.domain import entries
from lienthong.systems.civil_status.domain.events import (
    MOST_CHANGES,
    SPECS,
    Change,
    Event,
    Part,
    Person,
    Role,
    changeable,
)
from lienthong.systems.civil_status.domain.kinds import KindRule
from lienthong.systems.civil_status.forms import event_words
from lienthong.systems.civil_status.forms.entries import (
    CleanText,
    EntryForm,
    NameField,
    PersonalIdField,
    date_field,
    long_text,
)

SEXES = {"nam": "male", "nữ": "female", "male": "male", "female": "female"}


class EventForm(EntryForm):
    """One form for every kind; what is missing is said by the rules, not by the fields."""

    alters = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, kind: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.spec = SPECS[kind]
        for role in self.spec.roles:
            self.fields |= _person_fields(role)
        for part in self.spec.parts:
            self.fields[part.code] = _part_field(part)
        if self.spec.changes:
            self.fields |= _change_fields(kind)
        if not self.spec.declared:
            for name in ("name", "id", "paper", "relation"):
                del self.fields[f"declarant_{name}"]
        else:
            self.fields["declarant_name"].required = False
        own = [name for name in self.fields if not name.startswith(("declarant_", "sign", "not_"))]
        self.order_fields(own)
        self._give_words()

    def tell(self, problems: Any) -> None:
        for field, code in problems:
            place = field if field in self.fields else None
            error = forms.ValidationError(event_words.told(field, code), code=code)
            self.add_error(place, error)

    def event(self, registered_on: date, known: Mapping[str, Mapping[str, Any]]) -> Event:
        """The event as declared; ``known`` is what population said of each person."""
        return self._event(self.cleaned_data, registered_on, known)

    def tell_rules(
        self, today: date, known: Mapping[str, Mapping[str, Any]], rule: KindRule
    ) -> None:
        """The rules' word on a form in which something could not be read."""
        days = {f"{role.code}_born_day": None for role in self.spec.roles}
        days |= {part.code: None for part in self.spec.parts if part.kind == "day"}
        data = self.readable(**days)
        self.tell_also(self._event(data, today, known).problems(rule))

    def _event(
        self,
        data: Mapping[str, Any],
        registered_on: date,
        known: Mapping[str, Mapping[str, Any]],
    ) -> Event:
        spec = self.spec
        return Event(
            kind=str(spec.kind),
            people={
                role.code: _person(data, role.code, known.get(role.code, {}))
                for role in spec.roles
                if role.required or names.clean(data[f"{role.code}_name"])
            },
            parts={part.code: data[part.code] for part in spec.parts},
            declarant=self._declarant(data) if spec.declared else entries.Declarant("", ""),
            registered_on=registered_on,
            changes=_changes(data) if spec.changes else (),
        )


def _person(data: Mapping[str, Any], role: str, known: Mapping[str, Any]) -> Person:
    number = data[f"{role}_id"]
    told = known if known.get("personal_id") == str(number or "") else {}
    return Person(
        full_name=data[f"{role}_name"],
        born_on=data[f"{role}_born_day"],
        ethnicity=data[f"{role}_ethnicity"],
        nationality=data[f"{role}_nationality"] or entries.VIET_NAM,
        residence=data[f"{role}_residence"],
        paper=data[f"{role}_paper"],
        personal_id=number,
        died=told.get("standing") == "deceased",
    )


def _changes(data: Mapping[str, Any]) -> tuple[Change, ...]:
    found = []
    for place in range(1, MOST_CHANGES + 1):
        field = data[f"change_{place}_field"]
        becomes = names.clean(data[f"change_{place}_becomes"])
        was = names.clean(data[f"change_{place}_was"])
        if field in ("child_name", "mother_name", "father_name"):
            becomes, was = names.print_form(becomes), names.print_form(was)
        if field == "sex":
            becomes, was = (SEXES.get(text.lower(), text) for text in (becomes, was))
        if field:
            found.append(Change(field, was, becomes))
    return tuple(found)


def _person_fields(role: Role) -> dict[str, forms.Field]:
    code, title = role.code, event_words.ROLES[role.code]
    unreadable = _("The birth date cannot be read. Write day/month/year, such as 12/08/1995.")
    return {
        f"{code}_id": PersonalIdField(label=_("Personal ID"), required=False),
        f"{code}_name": NameField(
            label=_("Family, middle and given name"), max_length=120, required=False
        ),
        f"{code}_born_day": date_field(
            _("Birth date"), format_lazy("{}: {}", title, unreadable), required=False
        ),
        f"{code}_ethnicity": CleanText(label=_("Ethnicity"), max_length=40, required=False),
        f"{code}_nationality": CleanText(
            label=_("Nationality"), max_length=60, required=False, initial=entries.VIET_NAM
        ),
        f"{code}_residence": long_text(_("Residence"), required=False),
        f"{code}_paper": CleanText(label=_("Identity paper"), max_length=160, required=False),
        # What population said, signed, and what the officer decided where it differed.
        f"{code}_known": forms.CharField(required=False, widget=forms.HiddenInput),
        f"{code}_settled": forms.CharField(required=False, widget=forms.HiddenInput),
    }  # fmt: skip


def _part_field(part: Part) -> forms.Field:
    label = event_words.PARTS[part.code]
    if part.kind == "choice":
        choices = [(code, event_words.CHOICES[code]) for code in part.choices]
        return forms.ChoiceField(
            label=label, choices=choices, widget=forms.RadioSelect, required=False
        )
    if part.kind == "day":
        return date_field(
            label,
            _("The day of the decision cannot be read. Write day/month/year."),
            required=False,
        )
    if part.kind == "long":
        return long_text(label, required=False)
    return CleanText(label=label, max_length=160, required=False)


def _change_fields(kind: str) -> dict[str, forms.Field]:
    choices = [("", "–"), *((code, event_words.FIELDS[code]) for code in changeable(kind))]
    found: dict[str, forms.Field] = {}
    for place in range(1, MOST_CHANGES + 1):
        found |= {
            f"change_{place}_field": forms.ChoiceField(
                label=_("What is rewritten"), choices=choices, required=False
            ),
            f"change_{place}_was": CleanText(
                label=_("The book says"), max_length=200, required=False,
            ),
            f"change_{place}_becomes": CleanText(
                label=_("It is to say"), max_length=200, required=False
            ),
        }  # fmt: skip
    return found
