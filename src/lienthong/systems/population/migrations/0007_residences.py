"""
The residence each person had becomes a row of its own, partition by partition.

Since when it holds no record says, so it begins on no day. Stopped half-way, the
migration goes on where it stopped: who has a home already is passed over.
"""

from django.db import migrations

PARTITIONS = 16
MOVE = """
INSERT INTO population_residence
    (key, person_id, kind, unit, address, begins, ends, document, origin, recorded_at)
SELECT gen_random_uuid(), person_key, 'permanent', residence_unit, residence, NULL, NULL, '',
       origin, recorded_at
FROM population_person_p{place:02d} p
WHERE residence <> '' AND NOT EXISTS (
    SELECT 1 FROM population_residence r
    WHERE r.person_id = p.person_key AND r.kind = 'permanent' AND r.ends IS NULL)
"""


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("population", "0006_lives")]

    operations = [
        migrations.RunSQL(MOVE.format(place=place), migrations.RunSQL.noop)
        for place in range(PARTITIONS)
    ]
