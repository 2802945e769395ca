"""History of persons and numbers, and the lock that lets no number ever be deleted."""

from django.db import migrations

from lienthong.record import history

KEEP_NUMBERS = """
CREATE FUNCTION population_keep_numbers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a number is for life: % is refused', TG_OP
        USING ERRCODE = 'insufficient_privilege';
END
$$
"""
NO_DELETE = """
CREATE TRIGGER keep_number BEFORE DELETE ON population_personalidrow
    FOR EACH ROW EXECUTE FUNCTION population_keep_numbers()
"""
NO_OTHER_NUMBER = """
CREATE TRIGGER keep_number_text BEFORE UPDATE ON population_personalidrow
    FOR EACH ROW WHEN (OLD.number <> NEW.number OR OLD.person_id <> NEW.person_id
        OR (OLD.status = 'cancelled' AND NEW.status = 'active'))
    EXECUTE FUNCTION population_keep_numbers()
"""


class Migration(migrations.Migration):
    dependencies = [("population", "0001_initial"), ("record", "0002_row_history")]

    operations = [
        history.track("population_person", key="person_key"),
        history.track("population_personalidrow", key="number"),
        migrations.RunSQL(KEEP_NUMBERS, "DROP FUNCTION population_keep_numbers()"),
        migrations.RunSQL(NO_DELETE, "DROP TRIGGER keep_number ON population_personalidrow"),
        migrations.RunSQL(
            NO_OTHER_NUMBER, "DROP TRIGGER keep_number_text ON population_personalidrow"
        ),
    ]
