"""
The ``lienthong`` command: plain verbs, each ending with what to do next.

A verb's module is imported only when it is used, so that the command answers
at once. Started by root, verbs that touch a node first step down to the
service user (decision 9).
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from dataclasses import dataclass

from lienthong.cli import node_file
from lienthong.kernel.errors import LienThongError
from lienthong.kernel.node import Node


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb, the module that carries it out and whether it works on a node's state."""

    module: str
    summary: str
    on_node: bool = True


VERBS = {
    "join": Verb("join", "join an exchange with an invitation, and start"),
    "up": Verb("up", "start the database, the gateway and all systems; --demo fills a country"),
    "down": Verb("down", "stop what `up` started"),
    "status": Verb("status", "show what runs, with its health"),
    "doctor": Verb("doctor", "check machine, ports, database and certificates; say how to mend"),
    "migrate": Verb("migrate", "bring both databases, or one system, to this release"),
    "demo": Verb("demo", "load the made-up country, or show an account's sign-in code"),
    "call": Verb("call", "send one request through the gateway; show envelope and log line"),
    "keys": Verb("keys", "make, renew or show keys and certificates"),
    "backup": Verb("backup", "copy both databases, or seal a copy of the secrets"),
    "verify-backup": Verb("verify_backup", "put a backup into a throw-away database and compare"),
    "restore": Verb("restore", "put a backup in use; the outbox and numbering then wait for you"),
    "epoch": Verb("epoch", "after a restore: review the outbox, reconcile numbers with the log"),
    "accounts": Verb("accounts", "open, appoint and close officers' accounts; new passwords"),
    "directory": Verb("directory", "list who offers what to whom; grant or revoke"),
    "grants": Verb("grants", "sign this body's grants with the key on this node, or refuse"),
    "log": Verb("log", "check the message log again, or archive its older days"),
    "report": Verb("report", "write the monthly steering report from live figures"),
    "papers": Verb("papers", "check a PDF or DOCX against Decree 30/2020", on_node=False),
    "verify": Verb("verify", "check a signed PDF or its JSON twin, offline", on_node=False),
    "figures": Verb("figures", "figures of the report: list, show, submit a value, accept it"),
    "tasks": Verb("tasks", "assigned tasks: list them, show one, check what a letter leaves out"),
    "new": Verb("new", "lay out the rooms of a new system", on_node=False),
    "check": Verb("check", "lint, types, contract, tests: what the build server runs", False),
    "bench": Verb("bench", "measure; the result goes under bench/", on_node=False),
    "found": Verb("found", "invite the members of a plan (what `up --topology` runs)"),
    "worker": Verb("worker", "run the node's worker process (what `up` starts)"),
    "settle": Verb("settle", "migrate and install the directory (what `up` runs first)"),
}
INTERNAL = {"worker", "settle", "found"}


def main(argv: list[str] | None = None) -> int:
    """Run one verb; returns the exit status."""
    arguments = sys.argv[1:] if argv is None else argv
    verb = arguments[0] if arguments else ""
    if verb not in VERBS:
        return overview(verb)
    chosen = VERBS[verb]
    if chosen.on_node and os.geteuid() == 0 and not help_asked(arguments):
        from lienthong.cli import runtime

        return runtime.run_as_service_user(arguments)
    if chosen.on_node:
        node_file.load(Node.from_environment())
    module = importlib.import_module(f"lienthong.cli.{module_of(chosen, arguments)}")
    parser = argparse.ArgumentParser(
        prog=f"lienthong {verb}",
        description=module.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.add_arguments(parser)
    try:
        return int(module.run(parser.parse_args(arguments[1:])))
    except LienThongError as error:
        print(f"{error} [{error.code}]", file=sys.stderr)
        return 1
    except FileNotFoundError as error:
        print(f"Missing: {error.filename}", file=sys.stderr)
        print("Next: `lienthong doctor` says what this node lacks.", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader (`| head`) has gone; a second error at exit would only confuse.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130


def module_of(verb: Verb, arguments: list[str]) -> str:
    """A topology has a module of its own, which starts an `up` for every node."""
    several = any(word.partition("=")[0] == "--topology" for word in arguments)
    return "topology" if verb.module == "up" and several else verb.module


def help_asked(arguments: list[str]) -> bool:
    return "-h" in arguments or "--help" in arguments


def overview(verb: str) -> int:
    """What can be said to the program; an unknown verb is an error."""
    if verb in ("-V", "--version"):
        from importlib import metadata

        print(f"lienthong {metadata.version('lienthong')}")
        return 0
    asked = verb in ("", "-h", "--help", "help")
    out = sys.stdout if asked else sys.stderr
    if not asked:
        print(f"There is no verb '{verb}'.\n", file=out)
    print(
        "lienthong <verb> [thing]    a country's systems and the exchange between them\n", file=out
    )
    for name, known in VERBS.items():
        if name not in INTERNAL:
            print(f"  {name:<13} {known.summary}", file=out)
    print(
        "\nNext: `lienthong up --demo` starts a country; `lienthong <verb> --help` says more.",
        file=out,
    )
    return 0 if asked else 2


if __name__ == "__main__":
    raise SystemExit(main())
