"""
A whole node for scenarios: started and spoken to as a user would, by the command.

Started by root it runs as the service user, like any node; the copied runtime
is shared between the nodes of all test runs of this checkout.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request  # noqa: TID251  (a test asks from outside)
from pathlib import Path
from typing import Any, Self

from lienthong.cli import probes
from lienthong.kernel.node import Node, Ports
from port_lanes import free_base

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 180.0
STOP_SECONDS = 120.0


class NodeDidNotStart(AssertionError):
    """`lienthong up` ended or said nothing in time; its output is the message."""


class RunningNode:
    """One home, one port base, and the process of `lienthong up` while it runs."""

    patience = START_SECONDS

    def __init__(self, place: Path, base: int) -> None:
        self.place = place
        self.node = Node(home=place / "home", ports=Ports(base))
        self.process: subprocess.Popen[bytes] | None = None
        self.environment = {
            **{name: value for name, value in os.environ.items() if keep(name)},
            "LIENTHONG_HOME": str(self.node.home),
            "LIENTHONG_PORT_BASE": str(base),
            "LIENTHONG_RUNTIME": str(shared_runtime()),
            "PYTHONPATH": str(ROOT / "src"),
        }

    @classmethod
    def anywhere(cls) -> RunningNode:
        place = Path(tempfile.mkdtemp(prefix="lt-node-"))
        # The service user must pass through it to its home; it cannot look around in it.
        place.chmod(0o711)
        return cls(place, free_base())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        try:
            self.down()
        finally:
            shutil.rmtree(self.place, ignore_errors=True)

    # -- as a user does ----------------------------------------------------------

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "lienthong.cli", *arguments]

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run one verb to its end."""
        done = subprocess.run(
            self.command(*arguments),
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            cwd=self.place,
        )
        if check and done.returncode != 0:
            raise AssertionError(f"lienthong {' '.join(arguments)}:\n{done.stdout}{done.stderr}")
        return done

    def json(self, *arguments: str, check: bool = True) -> Any:
        """What a verb answers to a machine."""
        said = self.run(*arguments, "--json", check=check).stdout
        return json.loads(said[said.index("{") if "{" in said else 0 :])

    def call(self, system: str, service: str, *arguments: str) -> Any:
        """One request through the gateway: request, answer and log records."""
        return self.json("call", system, service, *arguments, check=False)

    def up(self, *arguments: str) -> float:
        """Start it and wait until it says that it is up; answers the seconds that took."""
        began = time.monotonic()
        out = self.place / "up.log"
        with out.open("wb") as log:
            self.process = subprocess.Popen(
                self.command("up", *arguments),
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.place,
            )
        while "Liên Thông is up" not in (said := out.read_text(errors="replace")):
            if self.process.poll() is not None or time.monotonic() - began > self.patience:
                raise NodeDidNotStart(said)
            time.sleep(0.1)
        return time.monotonic() - began

    def down(self, with_signal: signal.Signals = signal.SIGTERM) -> None:
        """Stop it as Ctrl-C or a service manager would, and wait for its end."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(with_signal)
            self.process.wait(STOP_SECONDS)
        self.process = None

    def administration(self, path: str) -> Any:
        """What the gateway's administration API says to the node's own programs."""
        asked = urllib.request.Request(  # noqa: TID251
            f"http://127.0.0.1:{self.node.ports.gateway_admin}{path}",
            headers={"Authorization": f"Bearer {self.node.secret('admin_token')}"},
        )
        with urllib.request.urlopen(asked, timeout=20) as answer:  # noqa: TID251
            return json.load(answer)

    # -- as its surroundings see it ----------------------------------------------

    @property
    def pages(self) -> str:
        return f"http://127.0.0.1:{self.node.ports.pages}"

    @property
    def consumer(self) -> str:
        return f"http://127.0.0.1:{self.node.ports.consumer}"

    def accounts(self) -> dict[str, dict[str, str]]:
        """Passwords and TOTP secrets of the demo accounts."""
        known: dict[str, dict[str, str]] = json.loads(self.node.secret("demo_accounts.json"))
        return known

    def pid_of(self, part: str) -> int:
        state = probes.running_state(self.node)
        assert state is not None, "the node does not run"
        (pid,) = [child["pid"] for child in state["children"] if child["name"] == part]
        return int(pid)

    def kill(self, part: str) -> int:
        """End a part as a crash would; answers the process that died."""
        pid = self.pid_of(part)
        os.kill(pid, signal.SIGKILL)
        return pid

    def wait_until_well(self, seconds: float = 60.0) -> None:
        """Until every part is there again and answers."""
        limit = time.monotonic() + seconds
        while not self.is_well():
            assert time.monotonic() < limit, self.run("status", check=False).stdout
            time.sleep(0.2)

    def is_well(self) -> bool:
        state = probes.running_state(self.node)
        return (
            state is not None
            and all(Path(f"/proc/{child['pid']}").exists() for child in state["children"])
            and probes.listens(self.node.ports.postgres)
            and probes.admin_is_well(self.node)
            and probes.listens(self.node.ports.consumer)
            and probes.offers_are_there(self.node)
            and probes.pages_are_well(self.node)
            and probes.worker_is_there(self.node)
        )

    def processes(self) -> list[int]:
        """Every process that works in this home, however it was started."""
        home = str(self.node.home)
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            try:
                environment = (place / "environ").read_bytes().decode(errors="replace")
                inside = os.readlink(place / "cwd")
                ended = (place / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
            except OSError:
                continue
            ours = f"LIENTHONG_HOME={home}\0" in environment + "\0" or inside.startswith(home)
            if ours and not ended and int(place.name) != os.getpid():
                found.append(int(place.name))
        return found


def keep(name: str) -> bool:
    """Settings of this test run are not those of the node."""
    return not name.startswith(("LIENTHONG_", "DJANGO_", "PYTEST_", "COV_")) or (
        name == "LIENTHONG_PG_BIN"
    )


def shared_runtime() -> Path:
    key = hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]
    place = Path(tempfile.gettempdir()) / f"lienthong-tests-runtime-{key}"
    place.mkdir(mode=0o755, exist_ok=True)
    return place
