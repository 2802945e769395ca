"""Who is told of changes, and of whom."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

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


class Migration(migrations.Migration):

    dependencies = [
        ('population', '0007_residences'),
    ]

    operations = [
        migrations.CreateModel(
            name='ChangeWaiting',
            fields=[
                ('event', models.UUIDField(primary_key=True, serialize=False)),
                ('person', models.UUIDField()),
            ],
        ),
        migrations.CreateModel(
            name='ChangeNumber',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event', models.UUIDField()),
                ('person', models.UUIDField()),
            ],
        ),
        migrations.CreateModel(
            name='Follower',
            fields=[
                ('subsystem', models.CharField(max_length=100, primary_key=True, serialize=False)),
                ('wanted', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=30), size=None)),
                ('changed_at', models.DateTimeField()),
            ],
        ),
        CreateWithPerson(
            name='FollowedPerson',
            fields=[
                ('key', models.UUIDField(primary_key=True, serialize=False)),
                ('known_as', models.CharField(max_length=12)),
                ('since', models.DateTimeField()),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='followed', to='population.person')),
                ('follower', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='persons', to='population.follower')),
            ],
        ),
        migrations.AddIndex(
            model_name='changenumber',
            index=models.Index(fields=['person', 'id'], name='population_change_person'),
        ),
        migrations.AddConstraint(
            model_name='followedperson',
            constraint=models.UniqueConstraint(fields=('person', 'follower'), name='population_followed_once'),
        ),
    ]
