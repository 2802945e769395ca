"""
The deadlines that were moved before this was written down, and the history of evidence.

What was granted or reported says which deadline it took the place of.
"""

from django.db import migrations

from lienthong.record import history

MOVED = """
INSERT INTO steering_earlierdue (task_id, until, due_on, why, report_id)
SELECT task_id, until, due_on, why, report FROM (
    SELECT task_id, decided_on AS until, old_due AS due_on, 'extension' AS why,
           NULL::bigint AS report, decided_at AS at
      FROM steering_extension WHERE state = 'granted'
    UNION ALL
    SELECT task_id, reported_on, period_due, 'period', id, reported_at
      FROM steering_progress
     WHERE finishes AND period_due IS NOT NULL AND withdrawn_at IS NULL
) AS moves ORDER BY task_id, at
"""


def never_deleted(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"CREATE TRIGGER never_deleted BEFORE DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION steering_never_deleted()",
        f"DROP TRIGGER never_deleted ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [("steering", "0006_as_it_was_known"), ("record", "0002_row_history")]

    operations = [
        history.track("steering_evidence"),
        history.track("steering_earlierdue"),
        never_deleted("steering_documentlink"),
        never_deleted("steering_earlierdue"),
        migrations.RunSQL(MOVED, migrations.RunSQL.noop),
    ]
