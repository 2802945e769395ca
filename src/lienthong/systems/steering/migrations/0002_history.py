"""Row history of editions and figures, and the lock on what was issued."""

from django.db import migrations

from lienthong.record import history

# An issued report is never changed: its figures, its notes and its number are frozen
# by the database itself, so that no program and no hand can touch them.
KEEP_ISSUED = """
CREATE FUNCTION steering_keep_issued() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    held bigint := CASE WHEN TG_OP = 'INSERT' THEN NEW.edition_id ELSE OLD.edition_id END;
BEGIN
    IF EXISTS (SELECT 1 FROM steering_reportedition WHERE id = held AND state <> 'draft') THEN
        RAISE EXCEPTION 'an issued report is not changed: % is refused', TG_OP
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END
$$
"""
KEEP_EDITION = """
CREATE FUNCTION steering_keep_edition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state = 'issued' AND NEW.state = 'superseded'
        AND to_jsonb(OLD) - 'state' = to_jsonb(NEW) - 'state' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'an issued report is not changed: % is refused', TG_OP
        USING ERRCODE = 'insufficient_privilege';
END
$$
"""


def frozen(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"CREATE TRIGGER keep_issued BEFORE INSERT OR UPDATE OR DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION steering_keep_issued()",
        f"DROP TRIGGER keep_issued ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [("steering", "0001_editions"), ("record", "0002_row_history")]

    operations = [
        history.track("steering_reportedition"),
        history.track("steering_collectedfigure"),
        history.track("steering_relationcheck"),
        history.track("steering_documentregister"),
        migrations.RunSQL(KEEP_ISSUED, "DROP FUNCTION steering_keep_issued()"),
        migrations.RunSQL(KEEP_EDITION, "DROP FUNCTION steering_keep_edition()"),
        frozen("steering_collectedfigure"),
        frozen("steering_relationcheck"),
        migrations.RunSQL(
            "CREATE TRIGGER keep_edition BEFORE UPDATE OR DELETE ON steering_reportedition"
            " FOR EACH ROW WHEN (OLD.state <> 'draft') EXECUTE FUNCTION steering_keep_edition()",
            "DROP TRIGGER keep_edition ON steering_reportedition",
        ),
    ]
