import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('steering', '0003_figure_note'),
    ]

    operations = [
        migrations.CreateModel(
            name='Evidence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('name', models.CharField(max_length=200)),
                ('media_type', models.CharField(max_length=100)),
                ('size', models.IntegerField()),
                ('content', models.BinaryField()),
                ('kept_at', models.DateTimeField()),
                ('kept_by', models.CharField(max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name='AddedBody',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=35, unique=True)),
                ('name', models.CharField(max_length=200)),
                ('parent', models.CharField(max_length=35)),
                ('serves_parent', models.BooleanField(default=False)),
                ('abbreviation', models.CharField(blank=True, max_length=30)),
                ('valid_from', models.DateField()),
                ('valid_to', models.DateField(blank=True, null=True)),
                ('added_by', models.CharField(max_length=200)),
            ],
            options={
                'ordering': ['parent', 'code'],
                'constraints': [models.UniqueConstraint(fields=('parent', 'name'), name='steering_added_body_once'), models.CheckConstraint(condition=models.Q(('valid_to', None), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='steering_added_body_ends')],
            },
        ),
        migrations.CreateModel(
            name='DirectiveDocument',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.IntegerField()),
                ('act_year', models.IntegerField(blank=True, null=True)),
                ('symbol', models.CharField(max_length=30)),
                ('kind', models.CharField(choices=[('resolution', 'resolution'), ('decree', 'decree'), ('decision', 'decision'), ('directive', 'directive'), ('telegram', 'telegram'), ('notice', 'notice'), ('programme', 'programme'), ('plan', 'plan'), ('report', 'report'), ('guidance', 'guidance'), ('submission', 'submission'), ('letter', 'letter'), ('other', 'other')], max_length=12)),
                ('issuer', models.CharField(max_length=35)),
                ('issued_on', models.DateField()),
                ('issue_year', models.IntegerField()),
                ('subject', models.CharField(max_length=500)),
                ('signer', models.CharField(blank=True, max_length=150)),
                ('urgency', models.CharField(choices=[('normal', 'Normal'), ('urgent', 'Urgent'), ('very_urgent', 'Very Urgent'), ('express', 'Express')], default='normal', max_length=12)),
                ('followed_by', models.CharField(max_length=35)),
                ('origin', models.CharField(choices=[('entered', 'Entered'), ('import', 'Import')], default='entered', max_length=8)),
                ('entered_on', models.DateField()),
                ('entered_at', models.DateTimeField()),
                ('entered_by', models.CharField(max_length=200)),
                ('version', models.IntegerField(default=1)),
                ('file', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='steering.evidence')),
            ],
            options={
                'ordering': ['-issued_on', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='Task',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=20)),
                ('source_ref', models.CharField(blank=True, max_length=40)),
                ('text', models.TextField()),
                ('basis', models.CharField(blank=True, max_length=300)),
                ('field', models.CharField(blank=True, max_length=60)),
                ('product', models.CharField(blank=True, max_length=200)),
                ('lead', models.CharField(max_length=35)),
                ('general', models.BooleanField(default=False)),
                ('due_kind', models.CharField(choices=[('date', 'date'), ('working_days', 'working_days'), ('cadence', 'cadence'), ('none', 'none')], max_length=12)),
                ('due_day', models.DateField(blank=True, null=True)),
                ('due_days', models.IntegerField(blank=True, null=True)),
                ('cadence', models.CharField(blank=True, choices=[('week', 'week'), ('month', 'month'), ('quarter', 'quarter'), ('half_year', 'half_year'), ('year', 'year')], max_length=10)),
                ('due_note', models.CharField(blank=True, max_length=200)),
                ('due_on', models.DateField(blank=True, null=True)),
                ('periods_done', models.IntegerField(default=0)),
                ('finished_on', models.DateField(blank=True, null=True)),
                ('withdrawn_on', models.DateField(blank=True, null=True)),
                ('withdrawn_reason', models.CharField(blank=True, max_length=500)),
                ('origin', models.CharField(choices=[('entered', 'Entered'), ('import', 'Import')], default='entered', max_length=8)),
                ('entered_at', models.DateTimeField()),
                ('entered_by', models.CharField(max_length=200)),
                ('version', models.IntegerField(default=1)),
                ('search_key', models.TextField()),
                ('document', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tasks', to='steering.directivedocument')),
            ],
            options={
                'ordering': ['document_id', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Reminder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('body', models.CharField(max_length=35)),
                ('why', models.CharField(choices=[('soon', 'Soon'), ('overdue', 'Overdue')], max_length=8)),
                ('due_on', models.DateField()),
                ('made_on', models.DateField()),
                ('made_at', models.DateTimeField()),
                ('read_at', models.DateTimeField(blank=True, null=True)),
                ('read_by', models.CharField(blank=True, max_length=200)),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reminders', to='steering.task')),
            ],
            options={
                'ordering': ['-made_on', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='Progress',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reported_on', models.DateField()),
                ('reported_at', models.DateTimeField()),
                ('body', models.CharField(max_length=35)),
                ('by', models.CharField(max_length=200)),
                ('words', models.TextField()),
                ('percent', models.IntegerField(blank=True, null=True)),
                ('finishes', models.BooleanField(default=False)),
                ('period_due', models.DateField(blank=True, null=True)),
                ('origin', models.CharField(choices=[('entered', 'Entered'), ('import', 'Import')], default='entered', max_length=8)),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
                ('withdrawn_by', models.CharField(blank=True, max_length=200)),
                ('withdrawn_reason', models.CharField(blank=True, max_length=500)),
                ('evidence', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='shown_in', to='steering.evidence')),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='progress', to='steering.task')),
            ],
            options={
                'ordering': ['-reported_on', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='PassedOn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('child', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='passed_from', to='steering.task')),
                ('parent', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='passed_to', to='steering.task')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='Extension',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('old_due', models.DateField()),
                ('new_due', models.DateField()),
                ('reason', models.CharField(max_length=1000)),
                ('asked_on', models.DateField()),
                ('asked_at', models.DateTimeField()),
                ('asked_by', models.CharField(max_length=200)),
                ('state', models.CharField(choices=[('asked', 'Asked'), ('granted', 'Granted'), ('refused', 'Refused')], default='asked', max_length=8)),
                ('answer', models.CharField(blank=True, max_length=1000)),
                ('decided_on', models.DateField(blank=True, null=True)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('decided_by', models.CharField(blank=True, max_length=200)),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='extensions', to='steering.task')),
            ],
            options={
                'ordering': ['-asked_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='CoLead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('body', models.CharField(blank=True, max_length=35)),
                ('words', models.CharField(max_length=200)),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='co_leads', to='steering.task')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='DocumentLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('how', models.CharField(choices=[('carries_out', 'Carries Out'), ('reports_on', 'Reports On'), ('passes_on', 'Passes On'), ('cites', 'Cites')], max_length=12)),
                ('earlier', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='later_links', to='steering.directivedocument')),
                ('later', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='earlier_links', to='steering.directivedocument')),
            ],
            options={
                'ordering': ['later_id', 'earlier__issued_on', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('later', 'earlier'), name='steering_link_once'), models.CheckConstraint(condition=models.Q(('later', models.F('earlier')), _negated=True), name='steering_link_to_another')],
            },
        ),
        migrations.AddConstraint(
            model_name='directivedocument',
            constraint=models.UniqueConstraint(fields=('issuer', 'number', 'symbol', 'issue_year'), name='steering_document_once'),
        ),
        migrations.AddConstraint(
            model_name='directivedocument',
            constraint=models.CheckConstraint(condition=models.Q(('number__gt', 0)), name='steering_document_numbered'),
        ),
        migrations.AddConstraint(
            model_name='directivedocument',
            constraint=models.CheckConstraint(condition=models.Q(('issue_year', models.F('issued_on__year'))), name='steering_document_year'),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(fields=['lead', 'due_on'], name='steering_task_of_lead'),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(condition=models.Q(('finished_on', None), ('withdrawn_on', None)), fields=['due_on'], name='steering_task_in_hand'),
        ),
        migrations.AddConstraint(
            model_name='task',
            constraint=models.UniqueConstraint(fields=('document', 'code', 'lead'), name='steering_task_once'),
        ),
        migrations.AddConstraint(
            model_name='task',
            constraint=models.CheckConstraint(condition=models.Q(('withdrawn_on', None), models.Q(('withdrawn_reason', ''), _negated=True), _connector='OR'), name='steering_withdrawn_has_reason'),
        ),
        migrations.AddConstraint(
            model_name='task',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('due_kind', 'none'), ('due_on', None)), models.Q(models.Q(('due_kind', 'none'), _negated=True), models.Q(('due_on', None), _negated=True)), _connector='OR'), name='steering_due_as_its_rule'),
        ),
        migrations.AddIndex(
            model_name='reminder',
            index=models.Index(condition=models.Q(('read_at', None)), fields=['body'], name='steering_reminder_unread'),
        ),
        migrations.AddConstraint(
            model_name='reminder',
            constraint=models.UniqueConstraint(fields=('task', 'body', 'why', 'due_on'), name='steering_reminded_once'),
        ),
        migrations.AddConstraint(
            model_name='progress',
            constraint=models.CheckConstraint(condition=models.Q(('percent', None), models.Q(('percent__gte', 0), ('percent__lte', 100)), _connector='OR'), name='steering_percent_of_hundred'),
        ),
        migrations.AddConstraint(
            model_name='passedon',
            constraint=models.UniqueConstraint(fields=('child', 'parent'), name='steering_passed_once'),
        ),
        migrations.AddConstraint(
            model_name='passedon',
            constraint=models.CheckConstraint(condition=models.Q(('child', models.F('parent')), _negated=True), name='steering_passed_to_another'),
        ),
        migrations.AddConstraint(
            model_name='extension',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'asked')), fields=('task',), name='steering_one_request_waits'),
        ),
        migrations.AddConstraint(
            model_name='extension',
            constraint=models.CheckConstraint(condition=models.Q(('new_due__gt', models.F('old_due'))), name='steering_extension_is_longer'),
        ),
        migrations.AddConstraint(
            model_name='extension',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_on', None), ('state', 'asked')), models.Q(models.Q(('state', 'asked'), _negated=True), models.Q(('decided_on', None), _negated=True)), _connector='OR'), name='steering_extension_decided'),
        ),
        migrations.AddConstraint(
            model_name='colead',
            constraint=models.UniqueConstraint(fields=('task', 'words'), name='steering_co_lead_once'),
        ),
    ]
