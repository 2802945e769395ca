"""Small questions to running processes: is somebody there, and does it answer well?"""

from __future__ import annotations

import http.client
import json
import socket
from pathlib import Path
from typing import Any

from lienthong.kernel.node import Node

PATIENCE = 2.0


def listens(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        probe.settimeout(PATIENCE)
        return probe.connect_ex((host, port)) == 0


def status_of(port: int, path: str, headers: dict[str, str] | None = None) -> int:
    """The HTTP status of one request on loopback; 0 when nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", path, headers=headers or {})
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def admin_is_well(node: Node) -> bool:
    """Whether the gateway's administration API says it is well."""
    bearer = {"Authorization": f"Bearer {node.secret('admin_token')}"}
    return status_of(node.ports.gateway_admin, "/health", bearer) == 200


def admin_health(node: Node) -> dict[str, Any]:
    """What the gateway says of itself; empty when it does not answer."""
    connection = http.client.HTTPConnection("127.0.0.1", node.ports.gateway_admin, timeout=PATIENCE)
    try:
        bearer = {"Authorization": f"Bearer {node.secret('admin_token')}"}
        connection.request("GET", "/health", headers=bearer)
        return dict(json.loads(connection.getresponse().read()))
    except (OSError, http.client.HTTPException, ValueError):
        return {}
    finally:
        connection.close()


def pages_are_well(node: Node) -> bool:
    return status_of(node.ports.pages, "/healthz") == 200


def offers_are_there(node: Node) -> bool:
    """Any answer of the application will do: without an admission it refuses, which is right."""
    return 0 < status_of(node.ports.offers, "/offers/") < 500


def worker_is_there(node: Node) -> bool:
    try:
        pid = int((node.run / "worker.pid").read_text())
    except (OSError, ValueError):
        return False
    return lives(pid)


def running_state(node: Node) -> dict[str, Any] | None:
    """What the supervisor wrote down, when it is alive."""
    try:
        state = json.loads((node.run / "state.json").read_text())
        alive = lives(state["supervisor"])
    except (OSError, ValueError, KeyError):
        return None
    return dict(state) if alive else None


def lives(pid: int) -> bool:
    """Whether a process is there and has not merely left its entry behind."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
