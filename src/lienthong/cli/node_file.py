"""
Settings that belong to a node's home: ``node.env``, read by every command in it.

A node that joined an exchange carries other systems than the default, and one
of several on a machine has ports and databases of its own; both must hold
however the node is started again. The environment wins over the file.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping

from lienthong.cli.vault import write_secret
from lienthong.kernel.node import Node

NAME = "node.env"
KNOWN = frozenset(
    {
        "LIENTHONG_SYSTEMS",
        "LIENTHONG_PORT_BASE",
        "LIENTHONG_GATEWAY_PROCESSES",
        "LIENTHONG_HOST",
        "LIENTHONG_LISTEN",
        "LIENTHONG_TRACES_URL",
        "LIENTHONG_TRACES_SHARE",
        "LIENTHONG_DATABASE_URL",
        "LIENTHONG_OWNER_DATABASE_URL",
        "LIENTHONG_GATEWAY_DATABASE_URL",
        "LIENTHONG_GATEWAY_OWNER_DATABASE_URL",
        "LIENTHONG_GATEWAY_ARCHIVER_DATABASE_URL",
    }
)


def load(node: Node, environ: MutableMapping[str, str] = os.environ) -> None:
    """
    Take what the file says and the environment does not; raises SystemExit for anything else.

    Only the named settings may stand in it, so that the file cannot choose
    which program runs.
    """
    try:
        lines = (node.home / NAME).read_text().splitlines()
    except (FileNotFoundError, PermissionError):
        return
    for line in lines:
        name, equals, value = line.partition("=")
        if not line or line.startswith("#"):
            continue
        if not equals or name not in KNOWN:
            raise SystemExit(f"{node.home / NAME} may not set {name or line}.")
        environ.setdefault(name, value)


def write(node: Node, values: Mapping[str, str]) -> None:
    """Write the file anew, readable by its owner only: a database's URL holds its password."""
    unknown = set(values) - KNOWN
    if unknown:
        raise ValueError(f"not settings of a home: {', '.join(sorted(unknown))}")
    head = "# Settings of this node; the environment wins over them.\n"
    text = head + "".join(f"{name}={value}\n" for name, value in sorted(values.items()))
    write_secret(node.home / NAME, text)


def change(node: Node, values: Mapping[str, str]) -> None:
    """Set some values and leave the others as they are."""
    held: dict[str, str] = {}
    load(node, held)
    write(node, {**held, **values})
