"""
Figures of the monthly report: list them, show one, submit and decide on a value.

    lienthong figures list 2021-08
    lienthong figures show F054 --month 2021-08
    lienthong figures submit F036 797 --month 2021-08 --letter 412/VPCP-TH --by phan.diem
    lienthong figures accept 12 --by tran.nga
    lienthong figures return 12 --reason "Thiếu phiếu của tháng 7" --by tran.nga

A value is written in the Vietnamese way (8.110.019; 65,11; 61/63; "hơn 6,3 triệu").
Who acts is an account of this node with a seat; a second one decides.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lienthong.cli import django_setup
from lienthong.kernel.errors import LienThongError, NotFound

if TYPE_CHECKING:
    from lienthong.kernel.actor import Actor
    from lienthong.systems.steering.models import CollectedFigure, FigureEntry


def add_arguments(parser: argparse.ArgumentParser) -> None:
    things = parser.add_subparsers(dest="thing", required=True)
    listed = things.add_parser("list", help="every figure of a month and how it came")
    listed.add_argument("month", nargs="?", default="", help="for example 2021-08")
    listed.add_argument("--system", default="", help="only those of one system (portal)")
    listed.add_argument("--way", choices=("live", "reported", "by_hand"), default="")
    shown = things.add_parser("show", help="one figure: definition, value, history")
    shown.add_argument("code", help="for example F054")
    shown.add_argument("--month", default="", help="for example 2021-08")
    given = things.add_parser("submit", help="write a value down for a second officer")
    given.add_argument("code")
    given.add_argument("value", help="8.110.019; 65,11; 61/63; hơn 6,3 triệu")
    given.add_argument("--month", required=True)
    given.add_argument("--window", default="", help="2021-08-01..2021-08-20, when not the usual")
    given.add_argument("--as-of", default="", help="day its source states (2021-08-20)")
    given.add_argument("--letter", default="", help="number of the document it comes from")
    given.add_argument("--evidence", type=Path, help="a file that shows it")
    given.add_argument("--note", default="")
    given.add_argument("--reason", default="", help="why an accepted value is revised")
    accepted = things.add_parser("accept", help="let a value into the report")
    returned = things.add_parser("return", help="give a value back with a reason")
    returned.add_argument("--reason", required=True)
    for one in (accepted, returned):
        one.add_argument("entry", type=int, help="number of the entry")
    for one in (given, accepted, returned):
        one.add_argument("--by", dest="account", required=True, help="account that acts")
    for one in (listed, shown, given, accepted, returned):
        one.add_argument("--json", action="store_true", help="for a machine to read")


def run(args: argparse.Namespace) -> int:
    django_setup.start()
    things = {
        "list": list_figures,
        "show": show,
        "submit": submit,
        "accept": decide,
        "return": decide,
    }
    try:
        return things[args.thing](args)
    except LienThongError as problem:
        detail = ", ".join(f"{key} {value}" for key, value in problem.detail.items())
        print(f"{problem} {f'({detail})' if detail else ''}".rstrip(), file=sys.stderr)
        print("Next: `lienthong figures show <code>` for what is expected.", file=sys.stderr)
        return 1


def list_figures(args: argparse.Namespace) -> int:
    from lienthong.systems.steering.domain.catalogue import in_force

    month, printed = printed_of(args.month)
    rows = [
        described(known, printed.get(code))
        for code, known in sorted(in_force(month.end).items())
        if not args.system or known.system == args.system
    ]
    rows = [row for row in rows if not args.way or row["way"] == args.way]
    if args.json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return 0
    for row in rows:
        way = row["way"] or "no value"
        print(f"{row['code']}  {way:<9} {row['value'] or '-':>20}  {row['title']}")
    had = [row for row in rows if row["way"]]
    for way in ("live", "reported", "by_hand"):
        count = sum(row["way"] == way for row in had)
        if had:
            print(f"{way}: {count} ({100 * count / len(had):.1f} %)")
    print(f"{len(rows) - len(had)} without a value in the report of {month}.")
    print("Next: `lienthong figures show F054`.")
    return 0


def show(args: argparse.Namespace) -> int:
    from lienthong.systems.steering.domain.catalogue import definition
    from lienthong.systems.steering.domain.relations import relations_of
    from lienthong.systems.steering.queries import entries, trends
    from lienthong.systems.steering.queries.provenance import value_text, written_value

    month, printed = printed_of(args.month)
    known = definition(args.code, month.end)
    found = described(known, printed.get(args.code)) | {
        "definition": known.definition,
        "window": str(known.window),
        "usual_days": str(known.window.of(month, legal_day())),
        "relations": [one.text for one in relations_of(args.code)],
        "entries": [
            {"id": e.pk, "state": e.state, "way": e.way, "value": written_value(e, known.unit)}
            for e in entries.entries_of(args.code, month)
        ],
        "history": [
            {"month": str(point.month), "value": value_text(point.figure)}
            for point in trends.history_of(args.code)
        ],
    }
    if args.json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
        return 0
    print(f"{found['code']}: {found['title']} ({found['unit']}), {found['system']}")
    print(f"  {found['definition']}")
    print(f"  counted over {found['window']}; in {month}: {found['usual_days']}")
    print(f"  value {found['value'] or '-'}, {found['way'] or 'none yet'}")
    for text in found["relations"]:
        print(f"  must hold: {text}")
    for entry in found["entries"]:
        print(f"  entry {entry['id']}: {entry['value']}, {entry['way']}, {entry['state']}")
    for point in found["history"]:
        print(f"  {point['month']}: {point['value']}")
    print(
        f"Next: `lienthong figures submit {found['code']} … --month {month}` where it is entered."
    )
    return 0


def submit(args: argparse.Namespace) -> int:
    from datetime import date

    from lienthong.kernel.periods import Period
    from lienthong.systems.steering.domain.catalogue import definition
    from lienthong.systems.steering.domain.reading import read_value
    from lienthong.systems.steering.queries import entries as reading
    from lienthong.systems.steering.queries.editions import month_of
    from lienthong.systems.steering.services import entries
    from lienthong.systems.steering.services.evidence import LARGEST, keep_file

    by, month = actor_of(args.account), month_of(args.month)
    known, read = definition(args.code, month.end), read_value(args.value)
    file = None
    if args.evidence is not None:
        with args.evidence.open("rb") as content:
            file = keep_file(args.evidence.name, content.read(LARGEST + 1), by=by)
    usual = known.window.of(month, by.legal_day)
    made = entries.submit(
        entries.EntryInput(
            code=known.code,
            month=month,
            value=read.value,
            window=Period.parse(args.window) if args.window else usual,
            as_of=date.fromisoformat(args.as_of) if args.as_of else None,
            exactness=read.exactness,
            part=read.part,
            whole=read.whole,
            letter=args.letter,
            evidence=file,
            note=args.note,
        ),
        by=by,
        replaces=reading.entries_of(args.code, month).filter(state="accepted").first(),
        reason=args.reason,
    )
    return told(made, args)


def decide(args: argparse.Namespace) -> int:
    from lienthong.systems.steering.queries import entries as reading
    from lienthong.systems.steering.services import entries

    by, found = actor_of(args.account), reading.entry(args.entry)
    if args.thing == "accept":
        done = entries.accept(found, version=found.version, by=by)
    else:
        done = entries.give_back(found, args.reason, version=found.version, by=by)
    return told(done, args)


def told(entry: FigureEntry, args: argparse.Namespace) -> int:
    shown = {
        "id": entry.pk,
        "figure": entry.code,
        "month": str(entry.month),
        "value": str(entry.value.normalize()),
        "way": entry.way,
        "state": entry.state,
    }
    if args.json:
        print(json.dumps(shown, ensure_ascii=False))
        return 0
    print(f"Entry {entry.pk}: {entry.code} of {entry.month}, {entry.way}, {entry.state}.")
    if entry.state == "waiting":
        print(f"Next: another officer: `lienthong figures accept {entry.pk} --by <account>`.")
    else:
        print(f"Next: `lienthong figures show {entry.code} --month {entry.month}`.")
    return 0


def printed_of(month: str) -> tuple[Any, dict[str, CollectedFigure]]:
    """The month, the legal day's when none is named, and the figures its report prints."""
    from lienthong.systems.steering.queries import editions

    period = editions.month_of(month or f"{legal_day():%Y-%m}")
    edition = editions.editions_of(period).first()
    figures = editions.figures_of(edition) if edition else ()
    return period, editions.printed_figures(figures)


def legal_day() -> Any:
    from lienthong.kernel import clock

    return clock.today()


def actor_of(account: str) -> Actor:
    """The first seat of an account on the legal day; raises `NotFound`."""
    from lienthong.web.accounts.models import Account
    from lienthong.web.actors import seats_of

    found = Account.objects.filter(username=account, is_active=True).first()
    seats = seats_of(found, legal_day()) if found else []
    if found is None or not seats:
        raise NotFound(f"No account {account} with a seat on this node.")
    return seats[0].actor(found.pk, legal_day())


def described(known: Any, figure: CollectedFigure | None) -> dict[str, Any]:
    from lienthong.systems.steering.queries.provenance import value_text

    return {
        "code": known.code,
        "title": known.title,
        "unit": known.unit,
        "system": known.system,
        "kind": known.kind.value,
        "answers": known.answers.value,
        "value": value_text(figure) if figure else "",
        "way": figure.way if figure else "",
    }
