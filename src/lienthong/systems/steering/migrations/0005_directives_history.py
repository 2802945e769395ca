"""Row history of documents and tasks, and the lock that keeps them from being deleted."""

from django.db import migrations

from lienthong.record import history

# What was assigned, reported or decided is withdrawn with a reason and stays readable;
# the database itself refuses to delete it.
KEEP = """
CREATE FUNCTION steering_never_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was assigned or reported is withdrawn, not deleted: %', TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$
"""
KEPT = ("directivedocument", "task", "progress", "extension", "evidence")
TRACKED = (*KEPT[:-1], "documentlink", "passedon", "colead", "addedbody")


def never_deleted(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"CREATE TRIGGER never_deleted BEFORE DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION steering_never_deleted()",
        f"DROP TRIGGER never_deleted ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [("steering", "0004_directives"), ("record", "0002_row_history")]

    operations = [
        *(history.track(f"steering_{table}") for table in TRACKED),
        migrations.RunSQL(KEEP, "DROP FUNCTION steering_never_deleted()"),
        *(never_deleted(f"steering_{table}") for table in KEPT),
    ]
