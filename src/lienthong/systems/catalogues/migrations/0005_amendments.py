"""A change of a limit, a body or the calendar while officers decide, with its history."""

from django.db import migrations, models

from lienthong.record import history


class Migration(migrations.Migration):

    dependencies = [
        ('catalogues', '0004_reforms'),
        ('record', '0002_row_history'),
    ]

    operations = [
        migrations.CreateModel(
            name='Amendment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('table', models.CharField(choices=[('limits', 'limits'), ('bodies', 'bodies'), ('calendar', 'calendar')], max_length=10)),
                ('key', models.CharField(max_length=80)),
                ('content', models.JSONField()),
                ('was', models.JSONField(default=list)),
                ('state', models.CharField(choices=[('proposed', 'Proposed'), ('decided', 'Decided'), ('refused', 'Refused'), ('withdrawn', 'Withdrawn')], default='proposed', max_length=10)),
                ('proposed_at', models.DateTimeField()),
                ('proposed_by', models.CharField(max_length=200)),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('settled_by', models.CharField(blank=True, default='', max_length=200)),
                ('reason', models.CharField(blank=True, default='', max_length=500)),
                ('snapshot', models.BigIntegerField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-proposed_at', '-pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('state', 'decided'), _negated=True), ('snapshot__isnull', False), _connector='OR'), name='catalogues_amendment_decided_is_published'), models.UniqueConstraint(condition=models.Q(('state', 'proposed')), fields=('table', 'key'), name='catalogues_one_amendment_at_a_time')],
            },
        ),
        history.track('catalogues_amendment'),
    ]
