"""Row history of what persons write, and the locks: issued words stay, revisions are only added."""

from django.db import migrations

from lienthong.record import history

ADDED = ("passagerevision", "passagecomment", "sectionapproval")


def only_added(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"CREATE TRIGGER only_added BEFORE UPDATE OR DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION steering_keep_file()",
        f"DROP TRIGGER only_added ON {table}",
    )


def frozen(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"CREATE TRIGGER keep_issued BEFORE INSERT OR UPDATE OR DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION steering_keep_issued()",
        f"DROP TRIGGER keep_issued ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [("steering", "0014_narrative"), ("record", "0002_row_history")]

    operations = [
        history.track("steering_passage"),
        *(frozen(f"steering_{table}") for table in ("passage", *ADDED)),
        *(only_added(f"steering_{table}") for table in ADDED),
    ]
