"""History of entries and papers: an entry is never overwritten without a trace."""

from django.db import migrations

from lienthong.record import history

TRACKED = {
    "civil_status_birthregistration": "key",
    "civil_status_deathregistration": "key",
    "civil_status_marriageregistration": "key",
    "civil_status_otherregistration": "key",
    "civil_status_paper": "code",
}


class Migration(migrations.Migration):
    dependencies = [("civil_status", "0001_initial"), ("record", "0002_row_history")]

    operations = [history.track(table, key=key) for table, key in TRACKED.items()]
