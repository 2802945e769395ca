#!/usr/bin/env python3
"""
Write the reference pages that are generated: commands, settings, offers, figures.

    python tools/reference.py            writes docs/reference/
    python tools/reference.py --check    fails when a page is stale

From the commands' own help, the environment variables named in the code and
the systems' cards. Nothing in these pages is written by hand.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import os
import re
import sys
from pathlib import Path
from typing import Any

from lienthong.cli import cards
from lienthong.cli.main import INTERNAL, VERBS
from lienthong.exchange.cards import Offer, System

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "docs" / "reference"
MADE = "<!-- Made by `make docs`; change the source it comes from, not this page. -->\n"

SETTINGS = {
    "LIENTHONG_HOME": "Where all state of a node lies. Default: `/var/lib/lienthong` for root, "
    "`~/.local/share/lienthong` otherwise.",
    "LIENTHONG_PORT_BASE": "All ports follow from it. Default 8000.",
    "LIENTHONG_SYSTEMS": "Systems this node carries, separated by commas; `none` is a gateway "
    "alone. Default: all.",
    "LIENTHONG_HOST": "Under which host other gateways reach this node's. Default 127.0.0.1.",
    "LIENTHONG_LISTEN": "Address on which the gateway listens for its peers, and the directory's "
    "door for gateways. Default 127.0.0.1.",
    "LIENTHONG_DATABASE_URL": "Database of the systems. Default: the embedded PostgreSQL.",
    "LIENTHONG_GATEWAY_DATABASE_URL": "Database of the gateway. Set both or neither.",
    "LIENTHONG_OWNER_DATABASE_URL": "The systems' database as its owner, for migrations.",
    "LIENTHONG_GATEWAY_ARCHIVER_DATABASE_URL": "The gateway's database as its archiver.",
    "LIENTHONG_GATEWAY_OWNER_DATABASE_URL": "The gateway's database as its owner.",
    "LIENTHONG_SUPERUSER_DATABASE_URL": "A role of the site's PostgreSQL that may create "
    "databases; `restore` and `verify-backup` need it.",
    "LIENTHONG_BACKUP_PASSPHRASE": "Opens and seals the backup of the secrets. Default: "
    "asked for on the terminal.",
    "LIENTHONG_DATABASE_POOL": "Connections a process of the systems keeps at most. Default 8.",
    "LIENTHONG_PG_BIN": "Directory with the programs of another PostgreSQL, 15 or later.",
    "LIENTHONG_LEGAL_DAY": "Stops the legal day (`2021-08-20`). Default: today in Viet Nam, or "
    "the demo country's own day.",
    "LIENTHONG_BEGAN": "Second in which a start was asked for; `make run` sets it.",
    "LIENTHONG_DEMO": "`1` on a demonstration node; `lienthong up --demo` sets it.",
    "LIENTHONG_GATEWAY_PROCESSES": "Gateway processes. Default: one a core.",
    "LIENTHONG_CONFORMANCE": "`1` mounts the façades on the web port, for foreign suites.",
    "LIENTHONG_PUBLIC_URL": "Address behind which the pages are reached from outside. With https:"
    " cookies and browsers are held to it, and the proxy in front sets `X-Forwarded-Proto` itself.",
    "LIENTHONG_HOSTS": "Host names the pages answer to, separated by commas.",
    "LIENTHONG_ORIGINS": "Origins trusted for forms, separated by commas.",
    "LIENTHONG_SECRET_KEY": "Or `…_FILE`; default: the node's own secret file.",
    "LIENTHONG_DOCUMENT_TSA": "Authority that stamps time on signed documents (RFC 3161); its "
    "roots lie in `keys/timestamp/roots.pem`. Default: none, and on a demonstration its own clock.",
    "LIENTHONG_SIGN_ALGORITHM": "Algorithm of new signing keys: `ecdsa-p256-sha256` (default) or "
    "`ed25519`.",
    "LIENTHONG_LOG_LEVEL": "How much the gateway writes into its application log. Default INFO.",
    "LIENTHONG_PERSONAL_ID_KEY": "Secret behind the order of personal IDs. Default: the node's own "
    "secret file.",
    "LIENTHONG_TRACES_URL": "Collector that takes spans (OTLP/HTTP, JSON), as "
    "`http://127.0.0.1:4318`. Default: none, and nothing is traced.",
    "LIENTHONG_TRACES_SHARE": "Share of pages and jobs that are traced, 0 to 1. Default 1.",
    "LIENTHONG_RUNTIME": "Where root's copy of interpreter and packages lies. "
    "Default: `runtime` in the home.",
}


def pages() -> dict[Path, str]:
    """Every generated page with its text."""
    return {
        REFERENCE / "commands.md": commands(),
        REFERENCE / "settings.md": settings(),
        REFERENCE / "offers.md": offers(),
        REFERENCE / "figures.md": figures(),
    }


def commands() -> str:
    os.environ["COLUMNS"] = "88"
    parts = [MADE, "# Commands\n", "`lienthong <verb> [thing]`\n"]
    for name, verb in VERBS.items():
        if name in INTERNAL:
            continue
        module = importlib.import_module(f"lienthong.cli.{verb.module}")
        parser = argparse.ArgumentParser(
            prog=f"lienthong {name}",
            description=module.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(parser)
        parts.append(f"## {name}\n\n```\n{parser.format_help().rstrip()}\n```\n")
        for thing, below in things_of(parser):
            if things_of(below):
                said = below.format_help().rstrip()
                parts.append(f"### {name} {thing}\n\n```\n{said}\n```\n")
    return "\n".join(parts)


def things_of(parser: argparse.ArgumentParser) -> list[tuple[str, argparse.ArgumentParser]]:
    """What may follow a command, by name, each with its own options."""
    return [
        (name, below)
        for action in parser._actions
        if isinstance(action, argparse._SubParsersAction)
        for name, below in action.choices.items()
    ]


def settings() -> str:
    rows = [f"| `{name}` | {text} |" for name, text in sorted(SETTINGS.items())]
    return "\n".join(
        [MADE, "# Settings\n", "| variable | meaning |", "|---|---|", *rows, "", *gateway_file()]
    )


def gateway_file() -> list[str]:
    """The fields of ``gateway.json``, from the class that reads it."""
    path = ROOT / "src" / "lienthong" / "gateway" / "settings.py"
    (found,) = [
        node for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and node.name == "GatewayFile"
    ]  # fmt: skip
    lines = [
        "## `gateway/gateway.json`\n",
        "In the node's home. What is set there stays when the node writes the file again, except",
        "for what the node knows itself (code, owner, peer and door host, processes). It takes a",
        "restart of the gateway.\n",
        "| field | default | meaning |",
        "|---|---|---|",
    ]
    for field, told in zip(found.body, found.body[1:], strict=False):
        if not isinstance(field, ast.AnnAssign) or field.value is None:
            continue
        said = isinstance(told, ast.Expr) and isinstance(told.value, ast.Constant)
        text = str(told.value.value) if said else ""  # type: ignore[attr-defined]
        name, default = ast.unparse(field.target), plainly(ast.unparse(field.value))
        lines.append(f"| `{name}` | {default} | {' '.join(text.replace('``', '`').split())} |")
    return [*lines, ""]


def plainly(default: str) -> str:
    """A default of Python's as a reader of JSON would write it."""
    if default.startswith("msgspec"):
        return "see PR-LOG"
    words = {"True": "true", "False": "false", "''": '""', "Spelling.PASCAL": '"7.7"'}
    return f"`{words.get(default, default).replace(chr(39), chr(34))}`"


def offers() -> str:
    """What every system offers and needs, from the cards."""
    known = cards.cards({})
    rows = [
        f"| [{card.title}](#{card.subsystem}) | {card.title_en} | GOV/{card.owner} "
        f"| {len(card.offers)} | {len(card.needs)} |"
        for card in known
    ]
    head = ["| hệ thống | system | owner | offers | needs |", "|---|---|---|---|---|"]
    return "\n".join([MADE, "# Offers and needs\n", *head, *rows, "", *map(system, known)])


def figures() -> str:
    """The catalogue of figures, with the function that counts each where a system states it."""
    os.environ.setdefault("LIENTHONG_TESTING", "1")
    # Nobody listens there: definitions are read, nothing is counted.
    os.environ.setdefault("LIENTHONG_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lienthong.conf.settings")
    import django

    django.setup()
    from lienthong.systems.steering.domain.catalogue import every_version
    from lienthong.systems.steering.domain.titles import TITLES

    counted = {}
    for card in cards.cards({}):
        if any(offer.code == "figures.v1" for offer in card.offers):
            book = importlib.import_module(f"lienthong.systems.{card.code}.figures").FIGURES
            counted |= {code: book.definition(code) for code in book.codes()}
    lines = [
        MADE,
        "# Figures\n",
        "The catalogue of the monthly report. A *live* figure is a function over rows, offered as",
        "`figures.v1` and collected through the exchange. One that no system counts yet is",
        "*reported* by its owner or entered *by hand*, and the report says so beside it. The same",
        "stands at `/danh-muc-so-lieu/`, with the values of each month.\n",
    ]
    by_system: dict[str, list[Any]] = {}
    for one in every_version():
        by_system.setdefault(one.system, []).append(one)
    for code in TITLES:
        if found := by_system.get(code):
            lines += [f"## {TITLES[code]}\n"]
            for one in found:
                lines += figure_lines(one, counted.get(one.code))
    return "\n".join(lines)


def figure_lines(one: Any, own: Any) -> list[str]:
    """One definition; ``own`` is that of the system which counts it."""
    from lienthong.systems.steering.domain.relations import relations_of

    rounding = one.rounding
    place = f" {rounding.digits} digits" if rounding.digits else ""
    if rounding.word:
        place = f" {rounding.step:f}, written in {rounding.word}"
    ways = {"live": "live", "reported": f"reported by {one.body}", "by_hand": "by hand"}
    relations = "; ".join(f"`{rule.text}`" for rule in relations_of(one.code))
    lines = [
        f"### {one.code}: {one.title}\n",
        f"{one.definition}\n",
        f"- unit: {one.unit}; kind: {one.kind.value}; answers: {ways[one.answers.value]}",
        f"- window: {one.window}; as of: {one.as_of}; rounding: {rounding.mode}{place}",
        f"- in the summary: {'yes' if one.in_summary else 'no'}; basis: {one.basis};"
        f" since {one.since}",
    ]
    if own is not None:
        lines += [f"- source: {own.source}", f"- function: `{own.function}`"]
    if relations:
        lines += [f"- must hold: {relations}"]
    return [*lines, ""]


def system(card: System) -> str:
    lines = [
        f'<a id="{card.subsystem}"></a>\n',
        f"## {card.title}\n",
        f"{card.title_en}. Subsystem `VN/GOV/{card.owner}/{card.subsystem}`.\n",
    ]
    if card.laws:
        lines += ["**Law:** " + "; ".join(card.laws) + "\n"]
    if card.retention:
        lines += [f"**Retention:** {card.retention}\n"]
    if card.offers:
        for offer in card.offers:
            lines += offer_lines(offer)
    if card.needs:
        lines += ["### Needs\n", "| of | offer | effect |", "|---|---|---|"]
        lines += [
            f"| [{need.system}](#{need.system.replace('_', '-')}) | `{need.code}` "
            f"| {need.effect.value} |"
            for need in card.needs
        ]
        lines.append("")
    return "\n".join(lines)


def offer_lines(offer: Offer) -> list[str]:
    subjects = " Names its data subjects." if offer.names_subjects else ""
    lines = [f"### `{offer.code}`\n", f"{offer.title}. Effect: {offer.effect.value}.{subjects}\n"]
    lines += ["| asks | type |", "|---|---|", *field_rows(offer.request), ""]
    lines += ["| answers | type |", "|---|---|", *field_rows(offer.answers), ""]
    for grant in offer.grants:
        seen = "all fields" if grant.fields == ("*",) else ", ".join(f"`{f}`" for f in grant.fields)
        lines.append(f"- `{grant.to}`: {grant.purpose} ({grant.legal_basis}); sees {seen}")
    return [*lines, ""]


def field_rows(shape: type) -> list[str]:
    import msgspec

    rows = []
    for field in msgspec.structs.fields(shape):
        kind = getattr(field.type, "__name__", "") if isinstance(field.type, type) else ""
        kind = kind or re.sub(r"\b(?:[a-z_]+\.)+", "", str(field.type)).replace("|", "or")
        rows.append(f"| `{field.encode_name}`{'' if field.required else ' (optional)'} | {kind} |")
    return rows


def named_in_code() -> set[str]:
    """Every LIENTHONG_ variable the program reads by its full name."""
    found: set[str] = set()
    for path in sorted((ROOT / "src" / "lienthong").rglob("*.py")):
        found.update(re.findall(r"LIENTHONG_[A-Z][A-Z_]*[A-Z]", path.read_text(encoding="utf-8")))
    return found


NOT_FOR_USERS = {"LIENTHONG_TESTING", "LIENTHONG_CONFORMANCE"}


def main() -> int:
    check = "--check" in sys.argv[1:]
    untold = named_in_code() - set(SETTINGS) - NOT_FOR_USERS
    if untold:
        print(f"settings.md would lack: {', '.join(sorted(untold))}; add them to {__file__}")
        return 1
    stale = [
        path
        for path, text in pages().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    if check:
        for path in stale:
            print(f"stale: {path.relative_to(ROOT)}")
        return 1 if stale else 0
    for path, text in pages().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    print(f"{len(stale)} pages changed. Next: commit docs/reference.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
