"""Timers of the steering secretariat."""

from __future__ import annotations

from procrastinate.contrib.django import app

from .services import reminding


@app.periodic(cron="15 * * * *")
@app.task(queueing_lock="steering.remind", pass_context=False)
def remind(timestamp: int) -> None:
    """Write the reminders of the legal day; hourly, since a node may sleep at any one hour."""
    reminding.remind()
