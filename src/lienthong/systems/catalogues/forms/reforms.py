"""Input of the pages about reforms of units."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lienthong.kernel import names
from lienthong.kernel.units import Level, Unit, UnitTable
from lienthong.systems.catalogues.domain.reforms import KINDS
from lienthong.systems.catalogues.errors import BadReformFile, UnitAmbiguous, UnitNotFound
from lienthong.systems.catalogues.models import Reform
from lienthong.systems.catalogues.services.reforms import From, Heading, Into

MOST_OLD = 12
MOST_ROWS = 20_000
LARGEST_FILE = 4 * 1024 * 1024
LEVELS = (
    (Level.COMMUNE.value, _("Commune, ward, special zone")),
    (Level.DISTRICT.value, _("District")),
    (Level.PROVINCE.value, _("Province, city")),
)
COLUMNS = (
    "ma_cu",
    "ma_moi",
    "ten_moi",
    "loai_moi",
    "cap_moi",
    "truc_thuoc_moi",
    "nhan_phan_chinh",
    "phan",
)
"""Of the file of a reform: one row for each old unit and each new one it goes to."""
LEVEL_WORDS = {"xã": Level.COMMUNE, "huyện": Level.DISTRICT, "tỉnh": Level.PROVINCE}
WORDS_OF_LEVEL = {level: word for word, level in LEVEL_WORDS.items()}


def day_field(label: Any, **kwargs: Any) -> forms.DateField:
    """A date as people write it; a native field speaks the language of the browser."""
    return forms.DateField(
        label=label,
        input_formats=["%d/%m/%Y", "%Y-%m-%d"],
        error_messages={
            "invalid": _("This day cannot be read. Write day/month/year, such as 20/08/2021.")
        },
        widget=forms.DateInput(
            attrs={
                "inputmode": "numeric",
                "autocomplete": "off",
                "placeholder": _("day/month/year"),
            },
            format="%d/%m/%Y",
        ),
        **kwargs,
    )


def find_unit(
    text: str, table: UnitTable, day: date, level: Level | None = None, within: str = ""
) -> Unit:
    """
    The unit somebody typed, by code or by name with or without its kind, on a day.

    Raises `UnitNotFound` and `UnitAmbiguous`.
    """
    typed = names.clean(text).strip()
    code = typed.split(" ", 1)[0]
    if code.isdigit() and (found := table.find(code, day)) is not None:
        return found
    wanted = names.folding_key(typed)
    named = [
        unit
        for unit in table
        if unit.was_valid_on(day)
        and (level is None or unit.level is level)
        and wanted in (names.folding_key(unit.name), names.folding_key(unit.full_name))
        and (not within or table.is_within(unit.code, within, day))
    ]
    if not named:
        raise UnitNotFound(typed=typed[:60])
    if len(named) > 1:
        raise UnitAmbiguous(typed=typed[:60], codes=[unit.code for unit in named[:10]])
    return named[0]


def shown(unit: Unit) -> str:
    """A unit as a field holds it: ``31096 xã Dương Tơ``."""
    return f"{unit.code} {unit.full_name}"


class HeadingForm(forms.Form):
    """What a reform is, when it happens and what it rests on."""

    title = forms.CharField(
        label=_("Name of the reform"),
        max_length=250,
        help_text=_("As people speak of it, such as: Sắp xếp xã của huyện Kiên Hải"),
    )
    happened_on = day_field(_("First day of the new units"))
    legal_basis = forms.CharField(
        label=_("Act it rests on"),
        max_length=250,
        help_text=_(
            "Kind, number, symbol and date, such as: Nghị quyết 202/2025/QH15 ngày 12/6/2025"
        ),
    )
    within = forms.CharField(
        label=_("Within the province"),
        max_length=60,
        required=False,
        help_text=_("Name or code; empty for a reform of provinces"),
        widget=forms.TextInput(attrs={"list": "provinces", "autocomplete": "off"}),
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, table: UnitTable, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.table = table

    @classmethod
    def initial_of(cls, reform: Reform, table: UnitTable) -> dict[str, Any]:
        eve = reform.happened_on - timedelta(days=1)
        within = table.find(reform.within, eve) if reform.within else None
        return {
            "title": reform.title,
            "happened_on": reform.happened_on,
            "legal_basis": reform.legal_basis,
            "within": shown(within) if within else reform.within,
            "version": reform.version,
        }

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        text, day = data.get("within", ""), data.get("happened_on")
        if text and day:
            try:
                found = find_unit(text, self.table, day - timedelta(days=1), Level.PROVINCE)
                data["within"] = found.code
            except (UnitNotFound, UnitAmbiguous) as problem:
                self.add_error("within", gettext(str(problem)))
        return data

    @property
    def heading(self) -> Heading:
        data = self.cleaned_data
        return Heading(data["title"], data["happened_on"], data["legal_basis"], data["within"])


class UnitForm(forms.Form):
    """A new unit with the old ones it is made of."""

    level = forms.ChoiceField(label=_("Level"), choices=LEVELS)
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=[(kind, kind) for kind in dict.fromkeys(k for ks in KINDS.values() for k in ks)],
    )
    name = forms.CharField(
        label=_("Name without its kind"), max_length=120, help_text=_("Dương Tơ, not xã Dương Tơ")
    )
    code = forms.CharField(
        label=_("Code"),
        max_length=10,
        required=False,
        help_text=_("Empty: the code of the unit that gives the largest part"),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    parent = forms.CharField(
        label=_("Under"),
        max_length=160,
        required=False,
        help_text=_("Name or code of the unit above; empty for a province"),
        widget=forms.TextInput(attrs={"list": "above", "autocomplete": "off"}),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, reform: Reform, table: UnitTable, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reform, self.table = reform, table
        self.eve = reform.happened_on - timedelta(days=1)
        for place in range(MOST_OLD):
            self.fields[f"old_{place}"] = forms.CharField(
                label=_("Old unit %(number)s") % {"number": place + 1},
                max_length=160,
                required=False,
                widget=forms.TextInput(attrs={"list": "units", "autocomplete": "off"}),
            )
            self.fields[f"share_{place}"] = forms.CharField(
                label=_("Which part, when not the whole"), max_length=120, required=False
            )
            self.fields[f"minor_{place}"] = forms.BooleanField(
                label=_("The larger part goes elsewhere"), required=False
            )

    @property
    def rows(self) -> Iterator[tuple[Any, Any, Any, bool]]:
        """The three fields of each old unit, and whether the row is in use."""
        for place in range(MOST_OLD):
            old = self[f"old_{place}"]
            used = bool(old.value()) or place < 2
            yield old, self[f"share_{place}"], self[f"minor_{place}"], used

    @classmethod
    def initial_of(cls, reform: Reform, code: str, table: UnitTable) -> dict[str, Any]:
        unit = reform.new_units.get(code=code)
        eve = reform.happened_on - timedelta(days=1)
        above = table.find(unit.parent, reform.happened_on) or table.find(unit.parent, eve)
        initial: dict[str, Any] = {
            "level": unit.level,
            "kind": unit.kind,
            "name": unit.name,
            "code": unit.code,
            "parent": shown(above) if above and unit.parent else unit.parent,
            "version": reform.version,
        }
        for place, part in enumerate(reform.parts.filter(new=code)[:MOST_OLD]):
            old = table.find(part.old, eve)
            initial |= {
                f"old_{place}": shown(old) if old else part.old,
                f"share_{place}": part.share,
                f"minor_{place}": not part.is_default,
            }
        return initial

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if "level" not in data:
            return data
        level = Level(data["level"])
        if data.get("kind") not in KINDS[level]:
            kinds = ", ".join(KINDS[level])
            self.add_error("kind", gettext("Of this level: %(kinds)s.") % {"kinds": kinds})
        self._find_parent(data, level)
        data["made_of"] = made_of = self._old_units(data, level)
        if not made_of and not self.errors:
            self.add_error("old_0", gettext("Write at least one old unit it is made of."))
        if not data.get("code") and made_of:
            largest = [source.old for source in made_of if source.is_default]
            data["code"] = (largest or [made_of[0].old])[0]
        if data.get("code") and not data["code"].isdigit():
            self.add_error("code", gettext("A code of a unit has digits only."))
        return data

    def _find_parent(self, data: dict[str, Any], level: Level) -> None:
        text = data.get("parent", "")
        if level is Level.PROVINCE:
            data["parent"] = ""
            return
        if not text:
            self.add_error("parent", gettext("Write the unit it lies in."))
            return
        own = self.reform.new_units.filter(code=text.split(" ", 1)[0]).first()
        if own is not None:
            data["parent"] = own.code
            return
        try:
            # On the day itself where it goes on; the units of the eve may end.
            data["parent"] = find_unit(
                text, self.table, self.reform.happened_on, within=self.reform.within
            ).code
        except (UnitNotFound, UnitAmbiguous) as problem:
            self.add_error("parent", gettext(str(problem)))

    def _old_units(self, data: dict[str, Any], level: Level) -> tuple[From, ...]:
        found: list[From] = []
        for place in range(MOST_OLD):
            text = data.get(f"old_{place}", "")
            if not text:
                continue
            try:
                unit = find_unit(text, self.table, self.eve, level, self.reform.within)
            except (UnitNotFound, UnitAmbiguous) as problem:
                self.add_error(f"old_{place}", gettext(str(problem)))
                continue
            if any(source.old == unit.code for source in found):
                self.add_error(f"old_{place}", gettext("This unit stands above already."))
                continue
            found.append(
                From(unit.code, not data.get(f"minor_{place}"), data.get(f"share_{place}", ""))
            )
        return tuple(found)

    @property
    def into(self) -> Into:
        data = self.cleaned_data
        return Into(
            code=data["code"],
            name=names.clean(data["name"]),
            kind=data["kind"],
            level=Level(data["level"]),
            parent=data["parent"],
            made_of=data["made_of"],
        )


class ReasonForm(forms.Form):
    """Why a reform is sent back, withdrawn or revoked."""

    reason = forms.CharField(
        label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )
    version = forms.IntegerField(widget=forms.HiddenInput)


class FileForm(forms.Form):
    """A file with every row of a reform."""

    file = forms.FileField(
        label=_("File of the reform"),
        help_text=_("CSV in UTF-8, with the columns of the sample; at most 20,000 rows"),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row of the file that cannot be used, and why."""

    line: int
    words: str


def read_file(content: bytes) -> tuple[tuple[Into, ...], tuple[BadRow, ...]]:
    """
    New units out of a file, and the rows that are wrong.

    Raises `BadReformFile` for what is no such file at all. Which units stand is
    not looked at here: the page of the reform says that about every row.
    """
    if len(content) > LARGEST_FILE:
        raise BadReformFile(gettext("The file is larger than 4 MB."))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadReformFile(gettext("The file is not in UTF-8. Save it as CSV UTF-8.")) from None
    first = text.partition("\n")[0]
    mark = max(";,\t", key=first.count)
    reader = csv.DictReader(io.StringIO(text), delimiter=mark)
    header = [name.strip().lower() for name in reader.fieldnames or ()]
    if lacking := [name for name in COLUMNS[:6] if name not in header]:
        raise BadReformFile(
            gettext("These columns are missing: %(names)s.") % {"names": ", ".join(lacking)}
        )
    reader.fieldnames = header
    return _read_rows(reader)


def _read_rows(reader: csv.DictReader[str]) -> tuple[tuple[Into, ...], tuple[BadRow, ...]]:
    into: dict[str, Into] = {}
    bad: list[BadRow] = []
    for count, row in enumerate(reader):
        if count >= MOST_ROWS:
            raise BadReformFile(gettext("The file has more than 20,000 rows."))
        line = reader.line_num
        cells = {name: names.clean(str(row.get(name) or "")).strip() for name in COLUMNS}
        if not any(cells.values()):
            continue
        if words := _wrong(cells):
            bad.append(BadRow(line, words))
            continue
        source = From(cells["ma_cu"], _yes(cells["nhan_phan_chinh"]), cells["phan"])
        unit = Into(
            code=cells["ma_moi"],
            name=cells["ten_moi"],
            kind=cells["loai_moi"].lower(),
            level=LEVEL_WORDS[cells["cap_moi"].lower()],
            parent=cells["truc_thuoc_moi"],
            made_of=(source,),
        )
        held = into.get(unit.code)
        if held is None:
            into[unit.code] = unit
        elif (held.name, held.kind, held.level, held.parent) != (
            unit.name,
            unit.kind,
            unit.level,
            unit.parent,
        ):
            bad.append(BadRow(line, gettext("The same new code has another name above.")))
        elif any(one.old == source.old for one in held.made_of):
            bad.append(BadRow(line, gettext("The same old unit goes to this one twice.")))
        else:
            into[unit.code] = Into(
                held.code, held.name, held.kind, held.level, held.parent, (*held.made_of, source)
            )
    return tuple(into.values()), tuple(bad)


def _wrong(cells: dict[str, str]) -> str:
    if not cells["ma_cu"].isdigit() or not cells["ma_moi"].isdigit():
        return gettext("A code of a unit has digits only.")
    if len(cells["ma_cu"]) > 10 or len(cells["ma_moi"]) > 10:
        return gettext("A code has at most 10 digits.")
    if not cells["ten_moi"] or len(cells["ten_moi"]) > 120:
        return gettext("The new name is missing or too long.")
    level = LEVEL_WORDS.get(cells["cap_moi"].lower())
    if level is None:
        return gettext("The level is one of: tỉnh, huyện, xã.")
    if cells["loai_moi"].lower() not in KINDS[level]:
        return gettext("Of this level: %(kinds)s.") % {"kinds": ", ".join(KINDS[level])}
    if len(cells["phan"]) > 120:
        return gettext("The words for the part are too long.")
    return ""


def _yes(text: str) -> bool:
    """Whether the largest part goes there: it does unless the file says no."""
    return text.lower() not in ("không", "khong", "no", "0", "n")


def write_file(reform: Reform) -> str:
    """The rows of a reform as a file that `read_file` reads."""
    units = {unit.code: unit for unit in reform.new_units.all()}
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for part in reform.parts.all():
        unit = units[part.new]
        writer.writerow(
            (
                part.old,
                unit.code,
                unit.name,
                unit.kind,
                WORDS_OF_LEVEL[Level(unit.level)],
                unit.parent,
                "có" if part.is_default else "không",
                part.share,
            )
        )
    return "\ufeff" + out.getvalue()
