"""
No code has two rows for one day: a trigger over each statement's new rows.

An exclusion constraint would need btree_gist, and extensions are optional
(decision 9). The advisory lock makes two transactions that add rows of the
same table wait for each other, since neither sees the other's rows.
"""

from __future__ import annotations

from django.db import migrations

FUNCTION = """
CREATE FUNCTION catalogues_refuse_overlap() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    same_key text := TG_ARGV[0];
    shown text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('catalogues_refuse_overlap ' || TG_TABLE_NAME));
    EXECUTE format(
        'SELECT here.code || '' from '' || here.valid_from FROM changed here JOIN %I there
           ON %s AND there.id <> here.id
          AND daterange(there.valid_from, there.valid_to, ''[]'')
              && daterange(here.valid_from, here.valid_to, ''[]'')
          LIMIT 1', TG_TABLE_NAME, same_key) INTO shown;
    IF shown IS NOT NULL THEN
        RAISE EXCEPTION 'two rows of % for one day: %', TG_TABLE_NAME, shown
            USING ERRCODE = 'exclusion_violation', CONSTRAINT = TG_NAME;
    END IF;
    RETURN NULL;
END $$
"""
KEYS = {
    "catalogues_unit": "there.code = here.code",
    "catalogues_body": "there.scheme = here.scheme AND there.code = here.code",
    "catalogues_timelimit": "there.code = here.code",
}


def attach(table: str, key: str) -> migrations.RunSQL:
    # A trigger with a transition table answers to one kind of statement only.
    return migrations.RunSQL(
        sql=[
            f"CREATE TRIGGER {table}_no_overlap_{event} AFTER {event} ON {table}"
            f" REFERENCING NEW TABLE AS changed FOR EACH STATEMENT"
            f" EXECUTE FUNCTION catalogues_refuse_overlap('{key}')"
            for event in ("insert", "update")
        ],
        reverse_sql=[
            f"DROP TRIGGER {table}_no_overlap_{event} ON {table}" for event in ("insert", "update")
        ],
    )


class Migration(migrations.Migration):
    dependencies = [("catalogues", "0001_tables")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION catalogues_refuse_overlap()"),
        *(attach(table, key) for table, key in KEYS.items()),
    ]
