"""Reforms of units while officers prepare and decide them, with the history of each row."""

import django.db.models.deletion
from django.db import migrations, models

from lienthong.record import history


class Migration(migrations.Migration):

    dependencies = [
        ('catalogues', '0003_row_history'),
        ('record', '0002_row_history'),
    ]

    operations = [
        migrations.CreateModel(
            name='Reform',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=250)),
                ('happened_on', models.DateField()),
                ('legal_basis', models.CharField(max_length=250)),
                ('within', models.CharField(blank=True, default='', max_length=10)),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('proposed', 'Proposed'), ('decided', 'Decided'), ('withdrawn', 'Withdrawn'), ('revoked', 'Revoked')], default='draft', max_length=10)),
                ('version', models.IntegerField(default=1)),
                ('opened_at', models.DateTimeField()),
                ('opened_by', models.CharField(max_length=200)),
                ('proposed_at', models.DateTimeField(blank=True, null=True)),
                ('proposed_by', models.CharField(blank=True, default='', max_length=200)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('decided_by', models.CharField(blank=True, default='', max_length=200)),
                ('snapshot', models.BigIntegerField(blank=True, null=True)),
                ('reason', models.CharField(blank=True, default='', max_length=500)),
            ],
            options={
                'ordering': ['-happened_on', '-pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('snapshot__isnull', False), ('state__in', ['decided', 'revoked'])), models.Q(('state__in', ['decided', 'revoked']), _negated=True), _connector='OR'), name='catalogues_reform_decided_is_published')],
            },
        ),
        migrations.CreateModel(
            name='ReformPart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('old', models.CharField(max_length=10)),
                ('new', models.CharField(max_length=10)),
                ('is_default', models.BooleanField(default=True)),
                ('share', models.CharField(blank=True, default='', max_length=120)),
                ('reform', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='catalogues.reform')),
            ],
            options={
                'ordering': ['new', '-is_default', 'old'],
                'constraints': [models.UniqueConstraint(fields=('reform', 'old', 'new'), name='catalogues_reform_part_once'), models.UniqueConstraint(condition=models.Q(('is_default', True)), fields=('reform', 'old'), name='catalogues_reform_one_default')],
            },
        ),
        migrations.CreateModel(
            name='ReformUnit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=10)),
                ('name', models.CharField(max_length=120)),
                ('kind', models.CharField(max_length=20)),
                ('level', models.CharField(choices=[('province', 'province'), ('district', 'district'), ('commune', 'commune')], max_length=10)),
                ('parent', models.CharField(blank=True, default='', max_length=10)),
                ('reform', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='new_units', to='catalogues.reform')),
            ],
            options={
                'ordering': ['level', 'parent', 'code'],
                'constraints': [models.UniqueConstraint(fields=('reform', 'code'), name='catalogues_reform_unit_once')],
            },
        ),
        history.track('catalogues_reform'),
        history.track('catalogues_reformunit'),
        history.track('catalogues_reformpart'),
    ]
