"""
After a restore: what waits, and letting it go on.

`show` says what is held back. `review` lists the requests that the frozen outbox would
send; `set-aside ROW` moves one to the desk of given-up requests, and `release-outbox`
lets the rest go. `reconcile` reads in the gateway's log what was given after the backup,
steps over it, and lets numbers be given again; with `--by-blocks` it steps far enough
without any log.
"""

from __future__ import annotations

import argparse
import json

import msgspec

from lienthong.cli import cards, database_session, django_setup, ledger
from lienthong.cli.databases import databases_of
from lienthong.cli.keyring import INSTANCE, MEMBER_CLASS
from lienthong.gateway import since
from lienthong.gateway.since import OtherLog, Position
from lienthong.gateway.year_keys import YearKeys, all_pseudonyms
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.kernel.errors import Conflict
from lienthong.kernel.node import Node

WHAT = ("show", "review", "set-aside", "release-outbox", "reconcile")
SHOWN = 50


class LogWasLost(Conflict):
    """The log of the time after the backup is lost, so it cannot say which numbers were given."""

    code = "cli.log_was_lost"


class ImportsMissing(Conflict):
    """Registers were loaded after the backup and have not been loaded again."""

    code = "cli.imports_missing"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", nargs="?", choices=WHAT, default="show")
    parser.add_argument("row", nargs="?", type=int, help="number of the request to set aside")
    parser.add_argument(
        "--by-blocks", action="store_true", help="step over whole blocks, without the log"
    )
    parser.add_argument("--json", action="store_true", help="for a machine to read")


def run(args: argparse.Namespace) -> int:
    node = Node.from_environment()
    with database_session.running(node):
        django_setup.start()
        if args.what == "reconcile":
            return reconcile(node, by_blocks=args.by_blocks)
        return {"show": show, "review": review, "set-aside": set_aside, "release-outbox": release}[
            args.what
        ](args)


def operator() -> Actor:
    return Actor("operator:command", "operator", "", clock.today())


def show(args: argparse.Namespace) -> int:
    from lienthong.exchange import epoch, outbox

    newest = epoch.current()
    state = {
        "epoch": newest.number if newest else 0,
        "backup": newest.backup if newest else "",
        "outbox_frozen": epoch.outbox_is_frozen(),
        "requests_waiting": outbox.frozen().count(),
        "numbers_blocked": epoch.numbers_are_blocked(),
        "grounds": newest.grounds if newest else {},
    }
    if args.json:
        print(json.dumps(state))
        return 0
    if newest is None:
        print("This node was never restored from a backup.")
        print("Next: `lienthong backup`.")
        return 0
    print(f"Epoch {newest.number}: restored on {newest.raised_at:%Y-%m-%d %H:%M} UTC from backup")
    print(f"{newest.backup}, taken {newest.taken_at:%Y-%m-%d %H:%M} UTC.")
    if state["outbox_frozen"]:
        print(f"The outbox is frozen; {state['requests_waiting']} requests wait in it.")
        print("Next: `lienthong epoch review`, then `lienthong epoch release-outbox`.")
    if state["numbers_blocked"]:
        print("No personal ID is given until the log has been asked.")
        print("Next: `lienthong epoch reconcile`.")
    if not state["outbox_frozen"] and not state["numbers_blocked"]:
        print("Nothing is held back any more.")
    return 0


def review(args: argparse.Namespace) -> int:
    from lienthong.exchange import outbox

    rows = [
        {
            "row": row.pk,
            "from": row.consumer,
            "to": row.provider,
            "service": row.code,
            "key": row.key,
            "put_at": row.put_at.isoformat(timespec="seconds"),
            "attempts": row.attempts,
        }
        for row in outbox.frozen()
    ]
    if args.json:
        print(json.dumps({"requests": rows}))
        return 0
    for row in rows[:SHOWN]:
        print(
            f"{row['row']:>8}  {row['put_at']}  {row['from']} -> {row['to']} {row['service']}"
            f"  {row['key']}"
        )
    if len(rows) > SHOWN:
        print(f"… and {len(rows) - SHOWN} more (`--json` lists all).")
    print(f"{len(rows)} requests of before the backup would be sent, each with its old key: who")
    print("has answered one already answers it the same, for thirty days.")
    print("Next: `lienthong epoch set-aside ROW` for each that must not go out, then")
    print("      `lienthong epoch release-outbox`.")
    return 0


def set_aside(args: argparse.Namespace) -> int:
    from lienthong.exchange import outbox

    if args.row is None:
        raise SystemExit("Name the row, as `lienthong epoch review` lists it.")
    outbox.set_aside(args.row, by=operator())
    print(f"Request {args.row} stands at the desk of given-up requests.")
    print("Next: `lienthong epoch review`.")
    return 0


def release(args: argparse.Namespace) -> int:
    from lienthong.exchange import outbox

    waiting = outbox.release(by=operator())
    print(f"The outbox is released; {waiting} requests are sent while the node runs.")
    print("Next: `lienthong epoch`, then `lienthong up` if the node is stopped.")
    return 0


def reconcile(node: Node, *, by_blocks: bool) -> int:
    """Step over every number given after the backup, then let numbers be given again."""
    from lienthong.exchange import epoch

    newest = epoch.current()
    if newest is None or not epoch.numbers_are_blocked():
        raise epoch.NothingToRelease
    if "population" not in cards.carried():
        epoch.release("numbers", by=operator(), detail={"by": "nothing to number here"})
        print("This node gives no numbers. Next: `lienthong epoch`.")
        return 0
    from lienthong.systems.population.domain.ids import BLOCK
    from lienthong.systems.population.services import after_restore

    if by_blocks:
        done = after_restore.step_over_by_block(events=newest.events_missed, by=operator())
        print(f"Every range was moved on by whole blocks; new ones begin at place {done.floor:,}.")
        print("Next: `lienthong backup`: until then no number is given.")
        return 0
    if newest.log_restored:
        raise LogWasLost(f"{LogWasLost.message()} {BY_BLOCKS}")
    position = msgspec.convert(newest.log_position, Position)
    try:
        found = since.read(databases_of(node).gateway, position, number_services())
    except OtherLog as problem:
        raise LogWasLost(f"{problem} {BY_BLOCKS}") from None
    if missing := after_restore.imports_missing(found.imports):
        raise ImportsMissing(
            f"{ImportsMissing.message()} Load them first, then reconcile: {'; '.join(missing)}"
        )
    keys = YearKeys.read(node.secrets, "subject_index_key")
    done = after_restore.step_over_by_log(
        evidence=after_restore.Evidence(found.requests, found.unanswered, found.named),
        pseudonyms=lambda subject: all_pseudonyms(keys, subject).values(),
        by=operator(),
    )
    # Stepping further than one block leaves more behind than one event does.
    blocks = found.requests // BLOCK + 1
    ledger.note(node, (ledger.events(node) or 0) + blocks)
    print(f"{found.requests} requests reached the register after the backup; {found.unanswered}")
    print(f"of them have no answer in the log. {done.lost} numbers were recognised and are kept")
    print("as lost; they are never given again. Numbers can be given.")
    if done.unrecognised:
        print(f"{done.unrecognised} people could not be recognised, so every range was moved by")
        print("the number of all requests.")
    print("Next: `lienthong backup`; docs/how-to/restore-a-backup.md says how the lost")
    print("      registrations are entered again.")
    return 0


BY_BLOCKS = "Step over whole blocks instead: `lienthong epoch reconcile --by-blocks`."


def number_services() -> list[str]:
    """The full names of the services that give numbers, as the log writes them."""
    from lienthong.systems.population.services import after_restore

    card = cards.card_of("population")
    subsystem = f"{INSTANCE}/{MEMBER_CLASS}/{card.owner}/{card.subsystem}"
    return [f"{subsystem}/{code}" for code in after_restore.GIVE_NUMBERS]
