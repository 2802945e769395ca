"""The function behind `history.track`, and the lock that lets the record only grow."""

from __future__ import annotations

from django.db import migrations

# The table's name comes as an argument: on a partition TG_TABLE_NAME is the partition's.
# Settings that were never set read as NULL, or as '' later in the same session.
KEEP_ROW = """
CREATE FUNCTION record_keep_row() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before jsonb := to_jsonb(OLD);
BEGIN
    IF TG_OP = 'UPDATE' AND before = to_jsonb(NEW) THEN
        RETURN NULL;
    END IF;
    INSERT INTO record_rowhistory
        (table_name, row_key, operation, old, changed_at, legal_day, actor, trace, transaction)
    VALUES (
        TG_ARGV[0],
        before ->> TG_ARGV[1],
        lower(TG_OP),
        before,
        clock_timestamp(),
        nullif(current_setting('lienthong.legal_day', true), '')::date,
        coalesce(
            nullif(current_setting('lienthong.actor', true), ''), 'sql:' || current_user
        ),
        coalesce(current_setting('lienthong.trace', true), ''),
        pg_current_xact_id()::text::bigint
    );
    RETURN NULL;
END
$$
"""

ONLY_GROWS = """
CREATE FUNCTION record_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the record only grows: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$
"""

TABLES = ("record_entry", "record_look", "record_rowhistory")


class Migration(migrations.Migration):
    dependencies = [("record", "0001_initial")]

    operations = [
        migrations.RunSQL(KEEP_ROW, "DROP FUNCTION record_keep_row()"),
        migrations.RunSQL(ONLY_GROWS, "DROP FUNCTION record_only_grows()"),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION record_only_grows()",
                f"DROP TRIGGER only_grows ON {table}",
            )
            for table in TABLES
        ),
    ]
