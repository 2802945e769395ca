"""Tags and filters known to every template: icons, fields, Vietnamese numbers and dates."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from django import template
from django.conf import settings
from django.forms import BaseForm, BoundField, CheckboxInput, RadioSelect
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()

MANIFEST = Path(__file__).resolve().parent.parent / "static" / "web" / "dist" / "built.json"
WEEKDAYS = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")
MINUS = "\u2212"
NARROW = "\u00a0"


@lru_cache(maxsize=1)
def _versions() -> dict[str, str]:
    """Digest of each built file, so that a new release is not hidden by a browser's cache."""
    if not MANIFEST.exists():
        return {}
    files: dict[str, str] = json.loads(MANIFEST.read_text())["files"]
    return files


@register.simple_tag
def asset(name: str) -> str:
    """Address of one of our static files: ``dist/lienthong.css``, ``mark.svg``."""
    address = static(f"web/{name}")
    version = _versions().get(name.removeprefix("dist/")) if name.startswith("dist/") else None
    return f"{address}?v={version}" if version else address


@register.simple_tag
def icon(name: str, size: int = 20, label: str = "", stroke: str = "1.75") -> SafeString:
    """
    A Tabler icon out of our sprite.

    Hidden from screen readers unless a label is given: an icon stands beside a
    word, and only an icon alone needs a name of its own.
    """
    spoken = (
        format_html('role="img" aria-label="{}"', label)
        if label
        else SafeString('aria-hidden="true"')
    )
    return format_html(
        '<svg class="lt-i" width="{0}" height="{0}" viewBox="0 0 24 24" fill="none"'
        ' stroke="currentColor" stroke-width="{1}" stroke-linecap="round" stroke-linejoin="round"'
        ' {2} focusable="false"><use href="{3}#{4}"></use></svg>',
        size,
        stroke,
        spoken,
        asset("dist/icons.svg"),
        name,
    )


@register.simple_tag
def field(
    bound: BoundField,
    w: int | None = None,
    source: str = "",
    optional: str = "",
    style: str = "seg",
    **attrs: str,
) -> SafeString:
    """
    A form field with label, hint, control and error.

    ``w`` is its width in sixths on a desk; ``source`` names the register a value
    was looked up in; ``style`` of choices is ``seg`` (side by side) or ``q-opts``
    (rows). Further arguments become attributes of the control, with ``_`` for ``-``.
    """
    values: dict[str, str | bool] = {n.replace("_", "-"): v for n, v in attrs.items()}
    context: dict[str, Any] = {"field": bound, "w": w, "source": source, "optional": optional}
    widget = bound.field.widget
    if isinstance(widget, RadioSelect):
        context["style"] = style
        return render_to_string("web/parts/choices.html", context)
    if isinstance(widget, CheckboxInput):
        context["control"] = bound.as_widget(attrs=values)
        return render_to_string("web/parts/checkbox.html", context)
    values["class"] = f"ds-input {values.get('class', '')}".strip()
    context["control"] = bound.as_widget(attrs=values)
    return render_to_string("web/parts/field.html", context)


@register.simple_tag
def error_summary(*forms: BaseForm | None) -> SafeString:
    """All errors of the forms above the page, each a link to its field."""
    found = [error for form in forms if form is not None for error in _errors(form)]
    return render_to_string("web/parts/error_summary.html", {"errors": found})


def _errors(form: BaseForm) -> Iterable[dict[str, str]]:
    for text in form.non_field_errors():
        yield {"target": "", "text": str(text)}
    for bound in form:
        choices = isinstance(bound.field.widget, RadioSelect)
        for text in bound.errors:
            target = bound.auto_id if choices else bound.id_for_label
            yield {"target": target or bound.auto_id, "text": str(text)}


@register.simple_tag(takes_context=True)
def page_url(context: template.Context, number: int) -> str:
    """The same address with another page number."""
    query = context["request"].GET.copy()
    query["trang"] = str(number)
    return f"?{query.urlencode()}"


@register.filter
def vn_number(value: object, decimals: int | None = None) -> str:
    """``8.110.019``, ``65,11``; a minus is U+2212."""
    if value is None or value == "":
        return ""
    number = Decimal(str(value))
    text = f"{number:,.{decimals}f}" if decimals is not None else f"{number:,f}"
    swapped = text.translate(str.maketrans(",.", ".,"))
    return swapped.replace("-", MINUS)


@register.filter
def vn_percent(value: object, decimals: int = 2) -> str:
    """A ratio of one as ``65,11%``."""
    if value is None or value == "":
        return ""
    return f"{vn_number(Decimal(str(value)) * 100, decimals)}%"


@register.filter
def money(value: object) -> str:
    """``950.820 đồng``."""
    if value is None or value == "":
        return ""
    return f"{vn_number(getattr(value, 'amount', value))}{NARROW}đồng"


@register.filter
def vn_date(value: date | datetime | None, style: str = "") -> str:
    """
    ``20/08/2021``; of an instant ``08:15, 20/08/2021`` in Vietnamese time.

    Styles: ``long`` puts the weekday first, ``day`` leaves the hour out,
    ``time`` and ``seconds`` give only the hour, ``iso`` is for ``datetime=""``.
    """
    if not value:
        return ""
    hour = ""
    if isinstance(value, datetime):
        value = timezone.localtime(value) if timezone.is_aware(value) else value
        if style == "iso":
            return value.isoformat()
        if style in ("time", "seconds"):
            return f"{value:%H:%M:%S}" if style == "seconds" else f"{value:%H:%M}"
        hour = "" if style == "day" else f"{value:%H:%M}, "
    if style == "iso":
        return value.isoformat()
    weekday = f"{WEEKDAYS[value.weekday()]}, " if style == "long" else ""
    return f"{hour}{weekday}{value:%d/%m/%Y}"


@register.filter
def personal_id(value: object) -> str:
    """``091 321 004 217``, as it is read aloud; stored and copied without spaces."""
    digits = str(value or "")
    if len(digits) != 12:
        return digits
    return f"{digits[:3]}{NARROW}{digits[3:6]}{NARROW}{digits[6:9]}{NARROW}{digits[9:]}"


@register.filter
def breakable(code: object) -> SafeString:
    """A long code that may take a new line after its points, strokes and colons."""
    parts = re.split(r"(?<=[./:_-])(?=[^./:_-])", str(code or ""))
    return format_html_join(SafeString("<wbr>"), "{}", ((part,) for part in parts))


@register.filter
def initials(name: object) -> str:
    """First letters of the last two words: a Vietnamese given name comes last."""
    words = str(name or "").replace(".", " ").split()
    return "".join(word[0] for word in words[-2:]).upper()


@register.simple_tag
def demo() -> bool:
    """Whether this node is a demonstration."""
    return bool(settings.DEMO)
