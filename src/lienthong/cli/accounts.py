"""Officers' accounts: open one with its first position, appoint, close, set a new password."""

from __future__ import annotations

import argparse
from datetime import date
from typing import TYPE_CHECKING

from lienthong.cli import database_session, django_setup
from lienthong.kernel import clock
from lienthong.kernel.actor import Actor
from lienthong.kernel.node import Node

if TYPE_CHECKING:
    from lienthong.web.accounts.opening import Appointment


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    for action, summary in (
        ("open", "make an account with its first position; says its password once"),
        ("appoint", "give an account one more position"),
    ):
        one = actions.add_parser(action, help=summary)
        one.add_argument("name", help="account name, for example tran.binh")
        one.add_argument("--officer", required=True, help="the officer's full name")
        one.add_argument("--title", required=True, help="the position's title")
        one.add_argument("--office", required=True, help="code of the office")
        one.add_argument("--role", action="append", default=[], help="may be given several times")
        one.add_argument("--since", type=date.fromisoformat, help="first day; today if not given")
        one.add_argument("--office-name", default="", help="makes the office when it is new")
        one.add_argument("--unit", default="", help="administrative unit of a new office")
        one.add_argument("--body", default="", help="code of the body a new office belongs to")
    close = actions.add_parser("close", help="nobody signs in with it any more")
    close.add_argument("name")
    password = actions.add_parser("password", help="set a new password; says it once")
    password.add_argument("name")
    password.add_argument(
        "--forget-code", action="store_true", help="also take the second factor away (lost phone)"
    )


def run(args: argparse.Namespace) -> int:
    actions = {
        "open": open_account, "appoint": appoint, "close": close, "password": set_password,
    }  # fmt: skip
    with database_session.running(Node.from_environment()):
        django_setup.start()
        by = Actor(account="command-line", office="", unit="", legal_day=clock.today())
        return actions[args.action](args, by)


def open_account(args: argparse.Namespace, by: Actor) -> int:
    from lienthong.web.accounts import opening

    tell_password(args.name, opening.open_account(args.name, appointment(args, by), by=by))
    print("Next: the officer signs in at /dang-nhap and sets up the code of a second factor.")
    return 0


def appoint(args: argparse.Namespace, by: Actor) -> int:
    from lienthong.web.accounts import opening

    position = opening.appoint(opening.find(args.name), appointment(args, by), by=by)
    roles = ", ".join(position.roles) or "none"
    print(f"{args.name} works for {args.office} from {position.valid_from}; roles: {roles}.")
    print("Next: an officer of several offices chooses one after signing in.")
    return 0


def close(args: argparse.Namespace, by: Actor) -> int:
    from lienthong.web.accounts import opening

    opening.close_account(args.name, by=by)
    print(f"Closed: {args.name}. Its sessions have ended and its positions end today.")
    print("Next: `lienthong accounts open` for the successor.")
    return 0


def set_password(args: argparse.Namespace, by: Actor) -> int:
    from lienthong.web.accounts import opening

    word = opening.set_new_password(args.name, by=by, forget_code=args.forget_code)
    tell_password(args.name, word)
    print("Next: the officer signs in with it; every session of the account has ended.")
    return 0


def appointment(args: argparse.Namespace, by: Actor) -> Appointment:
    from lienthong.web.accounts.opening import Appointment

    return Appointment(
        officer_name=args.officer,
        title=args.title,
        office=args.office,
        roles=tuple(args.role),
        since=args.since or by.legal_day,
        office_name=args.office_name,
        unit=args.unit,
        body=args.body,
    )


def tell_password(name: str, password: str) -> None:
    print(f"Password of {name}, said once and kept nowhere: {password}")
