"""
What an officer may change of a person, one form for each act.

Every form states its ground: the reason, the paper, the law and the day since when it
holds. ``seen`` is the newest event the page showed, so that of two officers the second
is told (decision 0073).
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lienthong.kernel.identifiers import BadPersonalId, PersonalId
from lienthong.systems.population.domain.lives import Ground, Relation, ResidenceKind, Standing
from lienthong.systems.population.domain.repairs import RepairKind
from lienthong.systems.population.forms.search import day_field

SEXES = (("female", _("Female")), ("male", _("Male")))
KINDS = (
    (ResidenceKind.PERMANENT.value, _("Permanent residence")),
    (ResidenceKind.TEMPORARY.value, _("Temporary residence")),
    (ResidenceKind.ABSENCE.value, _("Temporary absence")),
)
RELATIONS = (
    (Relation.SPOUSE.value, _("spouse")),
    (Relation.CHILD.value, _("child")),
    (Relation.PARENT.value, _("parent")),
    (Relation.SIBLING.value, _("sibling")),
    (Relation.GRANDPARENT.value, _("grandparent")),
    (Relation.GRANDCHILD.value, _("grandchild")),
    (Relation.WARD.value, _("ward")),
    (Relation.OTHER.value, _("other relation")),
)
STANDINGS = (
    (Standing.ACTIVE.value, _("living")),
    (Standing.MISSING.value, _("declared missing")),
    (Standing.DECLARED_DEAD.value, _("declared dead")),
    (Standing.LEFT.value, _("settled abroad")),
    (Standing.RENOUNCED.value, _("citizenship ended")),
)
REPAIRS = (
    (RepairKind.STRUCTURE.value, _("The number contradicts the person")),
    (RepairKind.SHARED.value, _("Two persons use it; the holder keeps it")),
    (RepairKind.SWAPPED.value, _("Two persons use it; neither keeps it")),
)
GROUND = ("effective_on", "reason", "document", "basis")


def number_field(label: Any, *, required: bool = True, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        help_text=help_text,
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )


class ActForm(forms.Form):
    """The ground every act states; the acts' own fields stand before it."""

    effective_on = day_field(_("Holds since"))
    reason = forms.CharField(label=_("Reason"), max_length=500)
    document = forms.CharField(
        label=_("Document"), max_length=200, help_text=_("Number and day of the decision")
    )
    basis = forms.CharField(label=_("Legal basis"), max_length=300)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    basis_hint = ""

    def ground(self) -> Ground:
        held = self.cleaned_data
        return Ground(**{name: held[name] for name in GROUND})

    def own(self) -> list[forms.BoundField]:
        """The fields of this act, without those of its ground."""
        return [one for one in self if one.name not in (*GROUND, "seen")]

    def stated(self) -> list[forms.BoundField]:
        return [self[name] for name in GROUND]

    def number(self, name: str) -> PersonalId | None:
        """A field that holds a personal ID."""
        text = self.cleaned_data.get(name, "")
        if not text:
            return None
        try:
            return PersonalId.parse(text)
        except BadPersonalId:
            raise forms.ValidationError(_("An ID has 12 digits. Enter all 12.")) from None


class ParticularsForm(ActForm):
    """Corrected particulars; what stays the same is no change."""

    basis_hint = "Luật Căn cước công dân 59/2014/QH13 Điều 9, 10"

    full_name = forms.CharField(label=_("Full name"), max_length=120)
    born_on = day_field(_("Birth date"))
    sex = forms.ChoiceField(label=_("Sex"), choices=SEXES, widget=forms.RadioSelect)
    birth_place = forms.CharField(label=_("Place of birth"), max_length=200, required=False)
    birth_registry = forms.CharField(label=_("Birth registered at"), max_length=200, required=False)
    home_place = forms.CharField(label=_("Home place"), max_length=200, required=False)
    ethnicity = forms.CharField(label=_("Ethnicity"), max_length=40)
    religion = forms.CharField(label=_("Religion"), max_length=60, required=False)
    nationality = forms.CharField(label=_("Nationality"), max_length=60)
    mother = number_field(_("Mother's personal ID"), required=False)
    father = number_field(_("Father's personal ID"), required=False)

    def clean_mother(self) -> str:
        return str(self.number("mother") or "")

    def clean_father(self) -> str:
        return str(self.number("father") or "")

    def changes(self) -> dict[str, Any]:
        names = [one.name for one in self.own()]
        return {name: self.cleaned_data[name] for name in names}


class ResidenceForm(ActForm):
    basis_hint = "Luật Cư trú 68/2020/QH14 Điều 20, 27, 31"

    kind = forms.ChoiceField(label=_("Kind"), choices=KINDS, widget=forms.RadioSelect)
    unit = forms.CharField(
        label=_("Commune code"),
        max_length=5,
        help_text=_("Five digits, as on the page of administrative units"),
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    address = forms.CharField(
        label=_("Address"), max_length=200, help_text=_("House, street or hamlet")
    )
    ends = day_field(
        _("Until"), required=False, help_text=_("For a temporary residence or absence")
    )


class EndResidenceForm(ActForm):
    basis_hint = "Luật Cư trú 68/2020/QH14 Điều 24, 29"

    residence = forms.ChoiceField(label=_("Residence"), widget=forms.RadioSelect)
    ends = day_field(_("Last day"))

    def __init__(self, *args: Any, residences: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["residence"].choices = residences  # type: ignore[attr-defined]


class FoundHouseholdForm(ActForm):
    basis_hint = "Luật Cư trú 68/2020/QH14 Điều 10"

    unit = forms.CharField(
        label=_("Commune code"),
        max_length=5,
        help_text=_("Five digits, as on the page of administrative units"),
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    address = forms.CharField(
        label=_("Address"), max_length=200, help_text=_("House, street or hamlet")
    )


class JoinHouseholdForm(ActForm):
    basis_hint = "Luật Cư trú 68/2020/QH14 Điều 10"

    member = number_field(
        _("A member's personal ID"), help_text=_("Anybody who lives in that household today")
    )
    relation = forms.ChoiceField(label=_("Relation to the head"), choices=RELATIONS)

    def clean_member(self) -> PersonalId | None:
        return self.number("member")


class LeaveHouseholdForm(ActForm):
    """The day since when it holds is the last day in the household."""

    basis_hint = "Luật Cư trú 68/2020/QH14 Điều 10, 25"


class HandOverForm(ActForm):
    basis_hint = "Luật Cư trú 68/2020/QH14 Điều 10"

    to = number_field(_("The new head's personal ID"))
    former = forms.ChoiceField(
        label=_("What the head of today is to the new one"), choices=RELATIONS
    )

    def clean_to(self) -> PersonalId | None:
        return self.number("to")


class StandingForm(ActForm):
    basis_hint = "Bộ luật Dân sự 91/2015/QH13 Điều 68-73"

    standing = forms.ChoiceField(label=_("Standing"), choices=STANDINGS, widget=forms.RadioSelect)
    died_on = day_field(
        _("Day of death"), required=False, help_text=_("As the court states it, when declared dead")
    )


class RepairForm(ActForm):
    """Asks for a repair; the day is that of the request, another officer decides."""

    basis_hint = "Thông tư 59/2021/TT-BCA Điều 6"

    kind = forms.ChoiceField(label=_("What is wrong"), choices=REPAIRS, widget=forms.RadioSelect)
    sex = forms.ChoiceField(
        label=_("Right sex"), choices=(("", _("as it stands")), *SEXES), required=False
    )
    born_on = day_field(_("Right birth date"), required=False)
    province = forms.CharField(
        label=_("Right province of registration"),
        required=False,
        max_length=2,
        help_text=_("Two digits; empty when it is right"),
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    paper = forms.CharField(label=_("Paper"), max_length=80, help_text=_("Such as a birth entry"))
    paper_number = forms.CharField(label=_("Number of the paper"), max_length=80, required=False)
    other_name = forms.CharField(
        label=_("The other person's full name"),
        max_length=120,
        required=False,
        help_text=_("Only when two persons use the number"),
    )
    other_sex = forms.ChoiceField(label=_("Their sex"), choices=(("", "–"), *SEXES), required=False)
    other_born_on = day_field(_("Their birth date"), required=False)
    other_province = forms.CharField(
        label=_("Their province of registration"),
        max_length=2,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    other_home = forms.CharField(label=_("Their home place"), max_length=200, required=False)
    other_ethnicity = forms.CharField(
        label=_("Their ethnicity"), max_length=40, required=False, initial="Kinh"
    )

    def proposal(self) -> dict[str, Any]:
        held = self.cleaned_data
        right: dict[str, Any] = {"sex": held["sex"], "province": held["province"]}
        right["born_on"] = held["born_on"].isoformat() if held["born_on"] else ""
        if held["kind"] == RepairKind.STRUCTURE:
            return right
        born_on = held["other_born_on"]
        return right | {
            "other": {
                "full_name": held["other_name"],
                "sex": held["other_sex"],
                "born_on": born_on.isoformat() if born_on else "",
                "province": held["other_province"],
                "home_place": held["other_home"],
                "ethnicity": held["other_ethnicity"],
                "nationality": "Việt Nam",
            }
        }

    def evidence(self) -> list[dict[str, str]]:
        held = self.cleaned_data
        return [{"kind": held["paper"], "number": held["paper_number"]}]


class DecisionForm(forms.Form):
    """The second officer's word."""

    decision = forms.CharField(
        label=_("Number of the decision"), max_length=120, required=False,
        help_text=_("Needed to grant"),
    )  # fmt: skip
    answer = forms.CharField(
        label=_("What is said"), max_length=500, required=False, help_text=_("Needed to refuse")
    )
