#!/usr/bin/env python3
"""
Translations: compile them, and find what has none.

    python tools/messages.py compile    every .po that changed becomes a .mo beside it
    python tools/messages.py check      fails on messages without Vietnamese, or with two
    python tools/messages.py missing    lists them by file, ready to be copied

No gettext programs are needed: polib reads and writes the files, Python's and
Django's own parsers find the messages.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "lienthong"
PLAIN = {"_", "gettext", "gettext_lazy", "gettext_noop"}
PLURAL = {"ngettext", "ngettext_lazy"}
CONTEXT = {"pgettext", "pgettext_lazy"}
CALL_IN_TEMPLATE = re.compile(
    r"\b(gettext|ngettext|pgettext)\(((?:u?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")\s*,?\s*)+)"
)


@dataclass(frozen=True, slots=True, order=True)
class Message:
    """A text to be translated and where it stands."""

    file: str
    text: str
    context: str = ""


def catalogues() -> list[Path]:
    return sorted(PACKAGE.glob("**/locale/vi/LC_MESSAGES/*.po"))


def compile_all() -> int:
    made = 0
    for po in catalogues():
        mo = po.with_suffix(".mo")
        if not mo.exists() or mo.stat().st_mtime <= po.stat().st_mtime:
            draft = mo.with_suffix(".mo.new")
            polib.pofile(str(po)).save_as_mofile(str(draft))
            draft.replace(mo)
            made += 1
    if made:
        print(f"Compiled {made} of {len(catalogues())} translations.")
    return 0


def translated() -> set[tuple[str, str]]:
    """Every (context, text) that has Vietnamese."""
    return {
        (entry.msgctxt or "", entry.msgid)
        for po in catalogues()
        for entry in polib.pofile(str(po))
        if entry.translated()
    }


def half_done() -> list[str]:
    """Entries of the catalogues themselves that are empty or fuzzy."""
    return [
        f"{po.relative_to(ROOT)}: {entry.msgid!r}"
        for po in catalogues()
        for entry in polib.pofile(str(po))
        if not entry.obsolete and not entry.translated()
    ]


def twofold() -> list[str]:
    """
    Texts that two catalogues translate differently.

    Django joins the catalogues of all systems, so one of the two would be shown
    in both places; another English text, or a context, keeps them apart.
    """
    said: dict[tuple[str, str], dict[str, list[str]]] = {}
    for po in catalogues():
        for entry in polib.pofile(str(po)):
            text = entry.msgstr or "".join(entry.msgstr_plural.values())
            places = said.setdefault((entry.msgctxt or "", entry.msgid), {})
            places.setdefault(text, []).append(po.parents[3].name)
    return [
        f"{msgid!r}: " + "; ".join(f"{text!r} in {', '.join(at)}" for text, at in places.items())
        for (_context, msgid), places in sorted(said.items())
        if len(places) > 1
    ]


def messages() -> set[Message]:
    """Every message of code and templates."""
    found: set[Message] = set()
    for path in sorted(PACKAGE.rglob("*.py")):
        found.update(in_code(path))
    for pattern in ("*.html", "*.txt", "*.typ"):
        for path in sorted(PACKAGE.glob(f"**/templates/**/{pattern}")):
            found.update(in_template(path))
    return found


def in_code(path: Path) -> Iterator[Message]:
    name = str(path.relative_to(ROOT))
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        texts = [
            arg.value
            for arg in node.args
            if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
        ]
        if node.func.id in PLAIN | PLURAL and texts:
            yield Message(name, texts[0])
        elif node.func.id in CONTEXT and len(texts) > 1:
            yield Message(name, texts[1], texts[0])


def in_template(path: Path) -> Iterator[Message]:
    from django.conf import settings

    if not settings.configured:
        settings.configure(USE_I18N=True)
    from django.utils.translation.template import templatize

    name = str(path.relative_to(ROOT))
    for call, arguments in CALL_IN_TEMPLATE.findall(templatize(path.read_text(encoding="utf-8"))):
        texts = [
            ast.literal_eval(text)
            for text in re.findall(r"u?('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")", arguments)
        ]
        if call == "pgettext":
            yield Message(name, texts[1], texts[0])
        else:
            yield Message(name, texts[0])


def missing() -> list[Message]:
    known = translated()
    return sorted(
        message
        for message in messages()
        if message.text.strip() and (message.context, message.text) not in known
    )


def show(lacking: list[Message]) -> None:
    for message in lacking:
        print(f"{message.file}: {message.context and message.context + ': '}{message.text!r}")


def main() -> int:
    verb = sys.argv[1] if len(sys.argv) == 2 else ""
    if verb == "compile":
        return compile_all()
    if verb not in ("check", "missing"):
        print(__doc__)
        return 2
    lacking, empty, differing = missing(), half_done(), twofold()
    show(lacking)
    print(*empty, *differing, sep="\n", end="\n" if empty or differing else "")
    if lacking or empty or differing:
        print(
            f"{len(lacking)} messages have no Vietnamese, {len(empty)} entries are empty,"
            f" {len(differing)} are translated twice."
        )
        return 1 if verb == "check" else 0
    print("Every message has its Vietnamese.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
