"""What happened to persons, where they lived with whom: dated rows beside the persons."""

import django.contrib.postgres.fields
import django.db.models.deletion
import lienthong.web.accounts.uuids
from django.db import migrations, models

from lienthong.record import history

PARTITIONS = 16


class CreateWithPerson(migrations.CreateModel):
    """
    A table spread over hash partitions by its person, so that a life lies together.

    The primary key of a partitioned table holds the column it is spread by; Django knows
    only the other half of the pair, which is unique by itself as a UUID.
    """

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        plain = schema_editor.table_sql

        def spread(model):
            sql, params = plain(model)
            sql = sql.replace(" PRIMARY KEY", "", 1)
            assert sql.endswith(")"), sql
            sql = sql[:-1] + ', PRIMARY KEY ("person_id", "key")) PARTITION BY HASH ("person_id")'
            return sql, params

        schema_editor.table_sql = spread
        try:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        finally:
            del schema_editor.table_sql
        table = to_state.apps.get_model(app_label, self.name)._meta.db_table
        for remainder in range(PARTITIONS):
            schema_editor.execute(
                f'CREATE TABLE "{table}_p{remainder:02d}" PARTITION OF "{table}" '
                f"FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {remainder})"
            )

KEEP_EVENTS = """
CREATE FUNCTION population_keep_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an event of the register is only added: % is refused', TG_OP
        USING ERRCODE = 'insufficient_privilege';
END
$$
"""
ONLY_ADDED = """
CREATE TRIGGER keep_event BEFORE UPDATE OR DELETE ON population_personevent
    FOR EACH ROW EXECUTE FUNCTION population_keep_events()
"""


class Migration(migrations.Migration):

    dependencies = [
        ('population', '0005_particulars'),
        ('record', '0002_row_history'),
    ]

    operations = [
        CreateWithPerson(
            name='PersonEvent',
            fields=[
                ('key', models.UUIDField(default=lienthong.web.accounts.uuids.uuid7, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('particulars', 'particulars'), ('standing', 'standing'), ('residence', 'residence'), ('household', 'household'), ('number', 'number')], max_length=11)),
                ('changed', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=30), size=None)),
                ('old', models.JSONField()),
                ('new', models.JSONField()),
                ('effective_on', models.DateField()),
                ('reason', models.TextField()),
                ('document', models.CharField(max_length=200)),
                ('basis', models.CharField(max_length=300)),
                ('registration', models.CharField(blank=True, max_length=120)),
                ('actor', models.CharField(max_length=160)),
                ('legal_day', models.DateField()),
                ('recorded_at', models.DateTimeField()),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='events', to='population.person')),
            ],
        ),
        CreateWithPerson(
            name='Residence',
            fields=[
                ('key', models.UUIDField(default=lienthong.web.accounts.uuids.uuid7, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('permanent', 'permanent'), ('temporary', 'temporary'), ('absence', 'absence')], max_length=9)),
                ('unit', models.CharField(blank=True, max_length=5)),
                ('address', models.CharField(max_length=200)),
                ('begins', models.DateField(null=True)),
                ('ends', models.DateField(null=True)),
                ('document', models.CharField(blank=True, max_length=200)),
                ('origin', models.CharField(choices=[('live', 'live'), ('import', 'import')], max_length=6)),
                ('recorded_at', models.DateTimeField()),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='residences', to='population.person')),
            ],
        ),
        migrations.CreateModel(
            name='Household',
            fields=[
                ('key', models.UUIDField(default=lienthong.web.accounts.uuids.uuid7, primary_key=True, serialize=False)),
                ('code', models.CharField(max_length=20, unique=True)),
                ('unit', models.CharField(max_length=5)),
                ('address', models.CharField(max_length=200)),
                ('opened_on', models.DateField()),
                ('closed_on', models.DateField(null=True)),
                ('recorded_at', models.DateTimeField()),
                ('head', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='heads', to='population.person')),
            ],
        ),
        CreateWithPerson(
            name='HouseholdMember',
            fields=[
                ('key', models.UUIDField(default=lienthong.web.accounts.uuids.uuid7, primary_key=True, serialize=False)),
                ('relation', models.CharField(choices=[('head', 'head'), ('spouse', 'spouse'), ('child', 'child'), ('parent', 'parent'), ('sibling', 'sibling'), ('grandparent', 'grandparent'), ('grandchild', 'grandchild'), ('ward', 'ward'), ('other', 'other')], max_length=11)),
                ('begins', models.DateField()),
                ('ends', models.DateField(null=True)),
                ('recorded_at', models.DateTimeField()),
                ('household', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='members', to='population.household')),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='population.person')),
            ],
        ),
        migrations.AddConstraint(
            model_name='household',
            constraint=models.CheckConstraint(condition=models.Q(('closed_on__isnull', False), ('head__isnull', False), _connector='OR'), name='population_open_household_has_head'),
        ),
        migrations.AddConstraint(
            model_name='householdmember',
            constraint=models.CheckConstraint(condition=models.Q(('ends__isnull', True), ('ends__gte', models.F('begins')), _connector='OR'), name='population_member_in_order'),
        ),
        migrations.AddConstraint(
            model_name='householdmember',
            constraint=models.UniqueConstraint(condition=models.Q(('ends__isnull', True)), fields=('person',), name='population_one_household'),
        ),
        migrations.AddIndex(
            model_name='personevent',
            index=models.Index(fields=['person', 'recorded_at'], name='population_event_person'),
        ),
        migrations.AddIndex(
            model_name='residence',
            index=models.Index(fields=['unit', 'kind'], name='population_stays_in_unit'),
        ),
        migrations.AddConstraint(
            model_name='residence',
            constraint=models.CheckConstraint(condition=models.Q(('ends__isnull', True), ('begins__isnull', True), ('ends__gte', models.F('begins')), _connector='OR'), name='population_stay_in_order'),
        ),
        migrations.AddConstraint(
            model_name='residence',
            constraint=models.UniqueConstraint(condition=models.Q(('ends__isnull', True), ('kind', 'permanent')), fields=('person',), name='population_one_home'),
        ),
        migrations.RunSQL(KEEP_EVENTS, "DROP FUNCTION population_keep_events()"),
        migrations.RunSQL(ONLY_ADDED, "DROP TRIGGER keep_event ON population_personevent"),
        history.track("population_residence", key="key"),
        history.track("population_household", key="key"),
        history.track("population_householdmember", key="key"),
    ]
