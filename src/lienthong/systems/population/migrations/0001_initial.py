"""
Persons, numbers and their ranges.

Persons are spread over hash partitions by their lasting key, never by province, since
provinces merge (decision 31). Numbers stand in a table of their own, so that their
primary key can be unique over the whole country.
"""

import django.db.models.deletion
from django.db import migrations, models

PARTITIONS = 16


class CreatePartitioned(migrations.CreateModel):
    """A table spread over hash partitions by its primary key, and otherwise as Django makes it."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        model = to_state.apps.get_model(app_label, self.name)
        table, key = model._meta.db_table, model._meta.pk.column
        plain = schema_editor.sql_create_table
        schema_editor.sql_create_table = f'{plain} PARTITION BY HASH ("{key}")'
        try:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        finally:
            schema_editor.sql_create_table = plain
        for remainder in range(PARTITIONS):
            schema_editor.execute(
                f'CREATE TABLE "{table}_p{remainder:02d}" PARTITION OF "{table}" '
                f"FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {remainder})"
            )


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='ImportStatement',
            fields=[
                ('key', models.UUIDField(primary_key=True, serialize=False)),
                ('source', models.TextField()),
                ('rows', models.BigIntegerField()),
                ('digest', models.CharField(max_length=64)),
                ('imported_at', models.DateTimeField()),
                ('legal_day', models.DateField()),
            ],
        ),
        CreatePartitioned(
            name='Person',
            fields=[
                ('person_key', models.UUIDField(primary_key=True, serialize=False)),
                ('full_name', models.CharField(max_length=120)),
                ('name_sort', models.CharField(max_length=400)),
                ('name_fold', models.CharField(max_length=120)),
                ('sex', models.CharField(choices=[('male', 'male'), ('female', 'female')], max_length=6)),
                ('born_on', models.DateField()),
                ('born_precision', models.CharField(choices=[('day', 'day'), ('month', 'month'), ('year', 'year')], max_length=5)),
                ('ethnicity', models.CharField(max_length=40)),
                ('ethnicity_code', models.CharField(blank=True, max_length=4)),
                ('ethnicity_list', models.CharField(blank=True, max_length=40)),
                ('nationality', models.CharField(max_length=60)),
                ('home_place', models.CharField(blank=True, max_length=200)),
                ('residence', models.CharField(blank=True, max_length=200)),
                ('residence_unit', models.CharField(blank=True, max_length=5)),
                ('mother', models.CharField(blank=True, max_length=12)),
                ('father', models.CharField(blank=True, max_length=12)),
                ('standing', models.CharField(choices=[('active', 'active'), ('deceased', 'deceased'), ('missing', 'missing'), ('declared_dead', 'declared_dead'), ('left', 'left'), ('pending', 'pending')], max_length=13)),
                ('died_on', models.DateField(blank=True, null=True)),
                ('death_registration', models.CharField(blank=True, max_length=80)),
                ('origin', models.CharField(choices=[('live', 'live'), ('import', 'import')], max_length=6)),
                ('recorded_at', models.DateTimeField()),
                ('statement', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to='population.importstatement')),
            ],
        ),
        migrations.CreateModel(
            name='PersonalIdRow',
            fields=[
                ('number', models.CharField(max_length=12, primary_key=True, serialize=False)),
                ('status', models.CharField(choices=[('active', 'active'), ('cancelled', 'cancelled')], max_length=9)),
                ('cause', models.CharField(choices=[('birth_registration', 'birth_registration'), ('established', 'established'), ('reestablished', 'reestablished')], max_length=18)),
                ('registration', models.CharField(max_length=120, null=True, unique=True)),
                ('issued_on', models.DateField()),
                ('reason', models.TextField(blank=True)),
                ('decision', models.CharField(blank=True, max_length=120)),
                ('cancelled_on', models.DateField(null=True)),
                ('origin', models.CharField(choices=[('live', 'live'), ('import', 'import')], max_length=6)),
                ('recorded_at', models.DateTimeField()),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='numbers', to='population.person')),
                ('successor', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='predecessor', to='population.personalidrow')),
            ],
        ),
        migrations.CreateModel(
            name='RangeCounter',
            fields=[
                ('digits', models.CharField(max_length=6, primary_key=True, serialize=False)),
                ('used', models.IntegerField(default=0)),
                ('alarmed_on', models.DateField(null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('used__gte', 0), ('used__lte', 1000000)), name='population_range_bounds')],
            },
        ),
        migrations.AddIndex(
            model_name='person',
            index=models.Index(fields=['name_fold'], name='population_name_fold'),
        ),
        migrations.AddConstraint(
            model_name='person',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('standing', 'deceased'), _negated=True), ('died_on__isnull', False), _connector='OR'), name='population_dead_has_day'),
        ),
        migrations.AddConstraint(
            model_name='person',
            constraint=models.CheckConstraint(condition=models.Q(('died_on__isnull', True), ('died_on__gte', models.F('born_on')), models.Q(('born_precision', 'day'), _negated=True), _connector='OR'), name='population_death_after_birth'),
        ),
        migrations.AddIndex(
            model_name='personalidrow',
            index=models.Index(fields=['cause', 'issued_on'], name='population_cause_issued'),
        ),
        migrations.AddConstraint(
            model_name='personalidrow',
            constraint=models.CheckConstraint(condition=models.Q(('number__regex', '^[0-9]{12}$')), name='population_twelve_digits'),
        ),
        migrations.AddConstraint(
            model_name='personalidrow',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('cancelled_on__isnull', True), ('status', 'active')), models.Q(('cancelled_on__isnull', False), ('status', 'cancelled')), _connector='OR'), name='population_cancelled_has_day'),
        ),
        migrations.AddConstraint(
            model_name='personalidrow',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'active')), fields=('person',), name='population_one_active_number'),
        ),
    ]
