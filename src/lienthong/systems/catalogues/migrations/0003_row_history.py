"""Keep what a catalogue row said before each change."""

from __future__ import annotations

from django.db import migrations

from lienthong.record import history


class Migration(migrations.Migration):
    dependencies = [("catalogues", "0002_no_overlap"), ("record", "0002_row_history")]

    operations = [
        history.track("catalogues_unit"),
        history.track("catalogues_succession"),
        history.track("catalogues_body"),
        history.track("catalogues_calendarday"),
        history.track("catalogues_timelimit"),
    ]
