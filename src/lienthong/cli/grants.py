"""
Grants signed where the key lives: what waits for this body, signing it, refusing it, asking.

    lienthong grants waiting                    what waits for this body's signature
    lienthong grants sign ID --by OFFICER       sign it with the key on this node
    lienthong grants sign --all --by OFFICER    everything that waits
    lienthong grants refuse ID --reason … --by OFFICER
    lienthong grants ask CLIENT PROVIDER CODE --purpose … --legal-basis … --by OFFICER

For a body that joined an exchange; on the directory's own node its officers use
`lienthong directory`. Whoever signs is named with ``--by``: that is no proof of
who sits at the terminal, and the directory keeps it as what this node said.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from time import monotonic, sleep

import msgspec

from lienthong.cli import cards
from lienthong.exchange import errors, housekeeping, signing_desk
from lienthong.exchange.addresses import SnapshotAddresses
from lienthong.kernel.clock import VIET_NAM
from lienthong.kernel.errors import LienThongError
from lienthong.kernel.node import Node
from lienthong.protocol.errors import ProtocolError
from lienthong.protocol.grants import Quota, Terms
from lienthong.protocol.signing_desk import Deed, Settled, Waiting

SIGNED_ALREADY = "directory.nothing_waits"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    listed = actions.add_parser("waiting", help="what waits for this body's signature")
    listed.add_argument("--json", action="store_true", help="for a machine to read")
    sign = actions.add_parser("sign", help="sign with the key on this node")
    what = sign.add_mutually_exclusive_group(required=True)
    what.add_argument("document", nargs="?", help="its id, as `grants waiting` shows it")
    what.add_argument("--all", action="store_true", help="everything that waits")
    what.add_argument("--stated", action="store_true", help="only what this node's cards state")
    sign.add_argument("--by", default="", help="who decides: an account of this node")
    sign.add_argument(
        "--wait", type=float, default=0.0, metavar="SECONDS",
        help="with --all: go on trying while this gateway is not let in yet",
    )  # fmt: skip
    sign.add_argument("--fields", help="fewer fields than were asked, separated by commas")
    sign.add_argument("--until", type=last_day, help="last day, such as 2026-12-31")
    refuse = actions.add_parser("refuse", help="refuse, with a reason")
    refuse.add_argument("document")
    refuse.add_argument("--reason", required=True)
    refuse.add_argument("--by", required=True)
    ask = actions.add_parser("ask", help="ask another body for access, signed here")
    ask.add_argument("client", help="a system of this body, such as GOV/TINH-91/lgsp")
    ask.add_argument("provider", help="such as GOV/G01/population")
    ask.add_argument("code", help="such as person.verify.v1")
    ask.add_argument("--purpose", required=True)
    ask.add_argument("--legal-basis", required=True)
    ask.add_argument("--fields", default="*", help="separated by commas; default all")
    ask.add_argument("--until", type=last_day, help="last day, such as 2026-12-31")
    ask.add_argument("--per-minute", type=int)
    ask.add_argument("--per-day", type=int)
    ask.add_argument("--by", required=True)


def last_day(text: str) -> datetime:
    """The first instant after a day in Viet Nam."""
    return datetime.combine(date.fromisoformat(text) + timedelta(days=1), time(), VIET_NAM)


def run(args: argparse.Namespace) -> int:
    actions: dict[str, Callable[[Node, argparse.Namespace], int]] = {
        "waiting": show, "sign": sign, "refuse": refuse, "ask": ask,
    }  # fmt: skip
    try:
        return actions[args.action](Node.from_environment(), args)
    except (LienThongError, ProtocolError) as problem:
        why = problem.detail.get("why", problem.code)
        print(f"{problem} ({why})", file=sys.stderr)
        print("Next: `lienthong grants waiting`.", file=sys.stderr)
        return 1


def show(node: Node, args: argparse.Namespace) -> int:
    found = signing_desk.waiting(node)
    if args.json:
        print(json.dumps(msgspec.to_builtins(found), ensure_ascii=False))
        return 0
    own = {card.subsystem: card for card in cards.cards()}
    for document in found:
        tell(document)
        for difference in signing_desk.differences(document, own):
            print(f"    NOT AS THE CARD: {difference}")
    print(f"{len(found)} wait. Next: `lienthong grants sign ID --by OFFICER`, or `refuse`.")
    return 0


def tell(document: Waiting) -> None:
    terms = document.terms
    does = "asks for" if document.deed is Deed.ASK else "is to give"
    us = terms.client if document.deed is Deed.ASK else terms.provider
    print(f"{document.id}  {us} {does} {terms.provider}/{terms.code}  ←  {terms.client}")
    print(f"    {document.title}")
    print(f"    {terms.purpose} ({terms.legal_basis})")
    print(f"    fields {', '.join(terms.fields)}; {', '.join(terms.methods)} "
          f"{', '.join(terms.paths)}; {limits(terms)}")  # fmt: skip


def limits(terms: Terms) -> str:
    until = f"until {terms.valid_to:%d/%m/%Y}" if terms.valid_to else "no end"
    quota = terms.quota
    per = [
        f"{n} a {span}"
        for n, span in ((quota.per_minute, "minute"), (quota.per_day, "day"))
        if n is not None
    ]
    return ", ".join([until, *per])


def sign(node: Node, args: argparse.Namespace) -> int:
    if args.stated:
        return told(signing_desk.sign_stated(node, cards.cards()))
    if not args.by:
        print("Say who decides with --by.", file=sys.stderr)
        return 2
    if args.all:
        documents = patiently(node, args.wait)
    else:
        documents = [signing_desk.one_waiting(node, args.document)]
    if not documents:
        print("Nothing waits.")
        return 0
    key = signing_desk.key_here(node)
    return told(
        signing_desk.give_back(
            node,
            [
                signing_desk.signed(one, key, officer=args.by, given=narrowed(one, args))
                for one in documents
            ],
        )
    )


def patiently(node: Node, seconds: float) -> list[Waiting]:
    """What waits; a gateway that joined a moment ago may still learn that it may ask."""
    limit = monotonic() + seconds
    while True:
        try:
            return signing_desk.waiting(node)
        except (errors.Refused, errors.Unavailable):
            if monotonic() > limit:
                raise
            sleep(1.0)


def narrowed(document: Waiting, args: argparse.Namespace) -> Terms | None:
    """Less than was asked, where the officer says so; only a provider gives less."""
    if document.deed is Deed.ASK or not (args.fields or args.until):
        return None
    terms = document.terms
    return msgspec.structs.replace(
        terms,
        fields=sorted(set(args.fields.split(","))) if args.fields else terms.fields,
        valid_to=args.until or terms.valid_to,
    )


def told(settled: list[Settled]) -> int:
    for one in settled:
        print(f"{one.id}  {'taken' if one.taken else f'NOT TAKEN: {one.why}'}")
    print(f"{sum(one.taken for one in settled)} of {len(settled)} taken. "
          "Next: `lienthong grants waiting`.")  # fmt: skip
    # What was signed meanwhile, as the card states it, is no fault.
    return 0 if all(one.taken or one.why == SIGNED_ALREADY for one in settled) else 1


def refuse(node: Node, args: argparse.Namespace) -> int:
    document = signing_desk.one_waiting(node, args.document)
    key = signing_desk.key_here(node)
    signing_desk.settle(
        node, signing_desk.refused(document, key, reason=args.reason, officer=args.by)
    )
    print("Refused; the other side reads the reason.\nNext: `lienthong grants waiting`.")
    return 0


def ask(node: Node, args: argparse.Namespace) -> int:
    instance = SnapshotAddresses.of_node(node).snapshot().instance
    owner = housekeeping.owner_of(node)
    if args.client.rpartition("/")[0] != owner:
        print(f"{args.client} is no system of {owner}.", file=sys.stderr)
        return 1
    wish = signing_desk.Wish(
        client=args.client,
        provider=args.provider,
        code=args.code,
        purpose=args.purpose,
        legal_basis=args.legal_basis,
        fields=args.fields.split(","),
        valid_to=args.until,
        quota=Quota(per_minute=args.per_minute, per_day=args.per_day),
    )
    document = signing_desk.asked(wish, instance, signing_desk.key_here(node), officer=args.by)
    signing_desk.settle(node, document)
    print(f"Asked and signed: {document.id}\nNext: the provider decides; `lienthong call` uses it.")
    return 0
