"""Requests to repair a number, decided by a second officer."""

import django.db.models.deletion
import lienthong.web.accounts.uuids
from django.db import migrations, models

from lienthong.record import history


class Migration(migrations.Migration):

    dependencies = [
        ('population', '0008_following'),
        ('record', '0002_row_history'),
    ]

    operations = [
        migrations.CreateModel(
            name='Repair',
            fields=[
                ('key', models.UUIDField(default=lienthong.web.accounts.uuids.uuid7, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('structure', 'structure'), ('shared', 'shared'), ('swapped', 'swapped')], max_length=9)),
                ('state', models.CharField(choices=[('asked', 'asked'), ('granted', 'granted'), ('done', 'done'), ('refused', 'refused')], max_length=8)),
                ('number', models.CharField(max_length=12)),
                ('proposal', models.JSONField()),
                ('reason', models.TextField()),
                ('evidence', models.JSONField()),
                ('asked_by', models.CharField(max_length=160)),
                ('asked_on', models.DateField()),
                ('asked_at', models.DateTimeField()),
                ('decided_by', models.CharField(blank=True, max_length=160)),
                ('decided_on', models.DateField(null=True)),
                ('decision', models.CharField(blank=True, max_length=120)),
                ('answer', models.TextField(blank=True)),
                ('successors', models.JSONField(default=list)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='repairs', to='population.person')),
            ],
        ),
        migrations.AddIndex(
            model_name='repair',
            index=models.Index(fields=['state', 'asked_at'], name='population_repairs_open'),
        ),
        migrations.AddConstraint(
            model_name='repair',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['asked', 'granted'])), fields=('number',), name='population_one_open_repair'),
        ),
        migrations.AddConstraint(
            model_name='repair',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'asked'), models.Q(('decided_by', models.F('asked_by')), _negated=True), _connector='OR'), name='population_two_officers'),
        ),
        history.track("population_repair", key="key"),
    ]
