"""Row history of entered values, and locks on what was decided or issued."""

from django.db import migrations

from lienthong.record import history

# What was decided on stays as it was decided: only its state may still go on, from
# accepted to replaced, and nothing is deleted.
KEEP_DECIDED = """
CREATE FUNCTION steering_keep_decided() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'accepted' AND NEW.state = 'replaced'
        AND to_jsonb(OLD) - ARRAY['state', 'version'] = to_jsonb(NEW) - ARRAY['state', 'version']
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a value that was decided on is revised, not changed'
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
    dependencies = [("steering", "0009_figure_entries"), ("record", "0002_row_history")]

    operations = [
        history.track("steering_figureentry"),
        history.track("steering_revision"),
        history.track("steering_trendlimit"),
        frozen("steering_editionremark"),
        frozen("steering_revision"),
        migrations.RunSQL(KEEP_DECIDED, "DROP FUNCTION steering_keep_decided()"),
        migrations.RunSQL(
            "CREATE TRIGGER keep_decided BEFORE UPDATE ON steering_figureentry FOR EACH ROW"
            " WHEN (OLD.state IN ('accepted', 'replaced', 'withdrawn'))"
            " EXECUTE FUNCTION steering_keep_decided()",
            "DROP TRIGGER keep_decided ON steering_figureentry",
        ),
        migrations.RunSQL(
            "CREATE TRIGGER never_deleted BEFORE DELETE ON steering_figureentry"
            " FOR EACH ROW EXECUTE FUNCTION steering_never_deleted()",
            "DROP TRIGGER never_deleted ON steering_figureentry",
        ),
    ]
