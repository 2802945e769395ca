"""Row history of issuing, and the locks: what is signed or issued is never changed."""

from django.db import migrations

from lienthong.record import history

# From numbering on only the state moves: forward to issued, or back to a draft by a refusal.
KEEP_EDITION = """
CREATE OR REPLACE FUNCTION steering_keep_edition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE'
        AND ((OLD.state = 'issued' AND NEW.state = 'superseded')
             OR (OLD.state = 'signing' AND NEW.state = 'issued'))
        AND to_jsonb(OLD) - 'state' = to_jsonb(NEW) - 'state' THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.state = 'signing' AND NEW.state = 'draft' AND NEW.number IS NULL
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'an issued report is not changed: % is refused', TG_OP
        USING ERRCODE = 'insufficient_privilege';
END
$$
"""
# A file is written once. Nothing deletes it, since what was signed must stay provable.
KEEP_FILE = """
CREATE FUNCTION steering_keep_file() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a file of a report is kept as it was made: % is refused', TG_OP
        USING ERRCODE = 'insufficient_privilege';
END
$$
"""
KEEP_ISSUANCE = """
CREATE FUNCTION steering_keep_issuance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a number that was given is accounted for: % is refused', TG_OP
        USING ERRCODE = 'insufficient_privilege';
END
$$
"""


class Migration(migrations.Migration):
    dependencies = [("steering", "0012_issuing"), ("record", "0002_row_history")]

    operations = [
        history.track("steering_issuance"),
        migrations.RunSQL(KEEP_EDITION, migrations.RunSQL.noop),
        migrations.RunSQL(KEEP_FILE, "DROP FUNCTION steering_keep_file()"),
        migrations.RunSQL(KEEP_ISSUANCE, "DROP FUNCTION steering_keep_issuance()"),
        migrations.RunSQL(
            "CREATE TRIGGER keep_file BEFORE UPDATE OR DELETE ON steering_issuedfile"
            " FOR EACH ROW EXECUTE FUNCTION steering_keep_file()",
            "DROP TRIGGER keep_file ON steering_issuedfile",
        ),
        migrations.RunSQL(
            "CREATE TRIGGER keep_issuance BEFORE DELETE ON steering_issuance"
            " FOR EACH ROW EXECUTE FUNCTION steering_keep_issuance()",
            "DROP TRIGGER keep_issuance ON steering_issuance",
        ),
        migrations.RunSQL(
            "CREATE TRIGGER keep_ended BEFORE UPDATE ON steering_issuance FOR EACH ROW"
            " WHEN (OLD.sealed_at IS NOT NULL OR OLD.refused_at IS NOT NULL)"
            " EXECUTE FUNCTION steering_keep_issuance()",
            "DROP TRIGGER keep_ended ON steering_issuance",
        ),
    ]
