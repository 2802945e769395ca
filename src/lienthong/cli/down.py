"""Stop the node that `lienthong up` started."""

from __future__ import annotations

import argparse
import os
import signal
import time

from lienthong.cli import probes
from lienthong.kernel.node import Node

PATIENCE = 90.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(args: argparse.Namespace) -> int:
    node = Node.from_environment()
    state = probes.running_state(node)
    if state is None:
        print(f"Nothing runs from {node.home}.")
        print("Next: `lienthong up` starts it.")
        return 0
    os.kill(state["supervisor"], signal.SIGTERM)
    limit = time.monotonic() + PATIENCE
    while probes.lives(state["supervisor"]):
        if time.monotonic() > limit:
            print(f"The supervisor (process {state['supervisor']}) has not ended yet.")
            return 1
        time.sleep(0.1)
    print("Stopped. Next: `lienthong up` starts the same node again.")
    return 0
