"""Timers of the directory."""

from __future__ import annotations

from procrastinate.contrib.django import app

from lienthong.kernel.node import Node

from . import services


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="directory.refresh_snapshot", pass_context=False)
def refresh_snapshot(timestamp: int) -> None:
    """Publish the snapshot again before its age would stop any class of offers."""
    services.refresh_snapshot(Node.from_environment())
