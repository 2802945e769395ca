"""Deadlines that held before, earlier days that are confirmed, links withdrawn with a reason."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('steering', '0005_directives_history'),
    ]

    operations = [
        migrations.CreateModel(
            name='EarlierDue',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('until', models.DateField()),
                ('due_on', models.DateField(blank=True, null=True)),
                ('why', models.CharField(choices=[('extension', 'Extension'), ('period', 'Period'), ('correction', 'Correction'), ('taken_back', 'Taken Back')], max_length=10)),
            ],
            options={
                'ordering': ['until', 'pk'],
            },
        ),
        migrations.RemoveConstraint(
            model_name='documentlink',
            name='steering_link_once',
        ),
        migrations.AddField(
            model_name='documentlink',
            name='withdrawn_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='documentlink',
            name='withdrawn_by',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name='documentlink',
            name='withdrawn_reason',
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name='progress',
            name='claim',
            field=models.CharField(blank=True, choices=[('', 'None'), ('waits', 'Waits'), ('confirmed', 'Confirmed'), ('refused', 'Refused')], default='', max_length=9),
        ),
        migrations.AddField(
            model_name='progress',
            name='claim_answer',
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name='progress',
            name='claim_by',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name='progress',
            name='claim_on',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='progress',
            name='done_on',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='progress',
            name='evidence_withdrawn_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='progress',
            name='evidence_withdrawn_by',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name='progress',
            name='evidence_withdrawn_reason',
            field=models.CharField(blank=True, max_length=500),
        ),
        # Where two offices worked for one body, the one that had the rights keeps them.
        migrations.RunSQL(
            "UPDATE steering_addedbody SET serves_parent = false"
            " WHERE serves_parent AND valid_to IS NULL AND EXISTS (SELECT FROM steering_addedbody o"
            " WHERE o.parent = steering_addedbody.parent AND o.serves_parent"
            " AND o.valid_to IS NULL AND o.code > steering_addedbody.code)",
            migrations.RunSQL.noop,
        ),
        migrations.AddConstraint(
            model_name='addedbody',
            constraint=models.UniqueConstraint(condition=models.Q(('serves_parent', True), ('valid_to', None)), fields=('parent',), name='steering_one_office_serves'),
        ),
        migrations.AddConstraint(
            model_name='documentlink',
            constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_at', None)), fields=('later', 'earlier'), name='steering_link_once'),
        ),
        migrations.AddConstraint(
            model_name='documentlink',
            constraint=models.CheckConstraint(condition=models.Q(('withdrawn_at', None), models.Q(('withdrawn_reason', ''), _negated=True), _connector='OR'), name='steering_link_withdrawn_has_reason'),
        ),
        migrations.AddConstraint(
            model_name='progress',
            constraint=models.CheckConstraint(condition=models.Q(('claim', ''), models.Q(models.Q(('done_on', None), _negated=True), models.Q(('evidence', None), _negated=True), ('finishes', True)), _connector='OR'), name='steering_claim_has_day_and_file'),
        ),
        migrations.AddConstraint(
            model_name='progress',
            constraint=models.CheckConstraint(condition=models.Q(('evidence_withdrawn_at', None), models.Q(('evidence_withdrawn_reason', ''), _negated=True), _connector='OR'), name='steering_evidence_withdrawn_has_reason'),
        ),
        migrations.AddField(
            model_name='earlierdue',
            name='report',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='earlier_dues', to='steering.progress'),
        ),
        migrations.AddField(
            model_name='earlierdue',
            name='task',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='earlier_dues', to='steering.task'),
        ),
        migrations.AddIndex(
            model_name='earlierdue',
            index=models.Index(fields=['task', 'until', 'id'], name='steering_earlier_due'),
        ),
    ]
