"""
What every kind of event needs: annotations, notices, entered rules, contents of the others.

Annotations lie in partitions by the office of the entry they stand beside.
"""

from django.db import migrations, models

from lienthong.record import history

PARTITIONS = 16
TABLE = "civil_status_annotation"
SPREAD = [
    f"ALTER TABLE {TABLE} RENAME TO {TABLE}_before",
    f"CREATE TABLE {TABLE} (LIKE {TABLE}_before INCLUDING DEFAULTS) PARTITION BY HASH (office)",
    f"DROP TABLE {TABLE}_before",
    f"ALTER TABLE {TABLE} ADD PRIMARY KEY (key, office)",
    *(
        f"CREATE TABLE {TABLE}_p{place:02d} PARTITION OF {TABLE}"
        f" FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {place})"
        for place in range(PARTITIONS)
    ),
]


class Migration(migrations.Migration):

    dependencies = [
        ("civil_status", "0006_partitions"),
        ("record", "0002_row_history"),
    ]

    operations = [
        migrations.CreateModel(
            name='Annotation',
            fields=[
                ('key', models.UUIDField(primary_key=True, serialize=False)),
                ('book', models.CharField(choices=[('birth', 'birth'), ('marriage', 'marriage'), ('death', 'death'), ('other', 'other')], max_length=8)),
                ('entry', models.UUIDField()),
                ('office', models.CharField(max_length=40)),
                ('event', models.CharField(choices=[('birth', 'birth'), ('marriage', 'marriage'), ('death', 'death'), ('other', 'other'), ('recognition', 'recognition'), ('adoption', 'adoption'), ('guardianship', 'guardianship'), ('guardianship_end', 'guardianship_end'), ('change', 'change'), ('correction', 'correction'), ('supplement', 'supplement'), ('ethnicity_redetermination', 'ethnicity_redetermination'), ('marital_status_certificate', 'marital_status_certificate'), ('divorce', 'divorce'), ('annulment', 'annulment'), ('declared_missing', 'declared_missing'), ('declared_dead', 'declared_dead'), ('note', 'note')], max_length=26)),
                ('by_entry', models.UUIDField()),
                ('by_office', models.CharField(max_length=40)),
                ('by_number', models.CharField(max_length=40)),
                ('noted_on', models.DateField()),
                ('recorded_at', models.DateTimeField()),
                ('noted_by', models.CharField(max_length=160)),
                ('basis', models.CharField(blank=True, max_length=300)),
                ('changes', models.JSONField(blank=True, db_default=models.Value([], models.JSONField()), default=list)),
                ('withdrawn_on', models.DateField(null=True)),
            ],
        ),
        migrations.RunSQL(SPREAD, migrations.RunSQL.noop),
        migrations.CreateModel(
            name='EnteredRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('birth', 'birth'), ('marriage', 'marriage'), ('death', 'death'), ('other', 'other'), ('recognition', 'recognition'), ('adoption', 'adoption'), ('guardianship', 'guardianship'), ('guardianship_end', 'guardianship_end'), ('change', 'change'), ('correction', 'correction'), ('supplement', 'supplement'), ('ethnicity_redetermination', 'ethnicity_redetermination'), ('marital_status_certificate', 'marital_status_certificate'), ('divorce', 'divorce'), ('annulment', 'annulment'), ('declared_missing', 'declared_missing'), ('declared_dead', 'declared_dead'), ('note', 'note')], max_length=26)),
                ('valid_from', models.DateField()),
                ('valid_to', models.DateField(blank=True, null=True)),
                ('domestic', models.CharField(max_length=40)),
                ('foreign', models.CharField(max_length=40)),
                ('grown', models.CharField(blank=True, max_length=40)),
                ('limit', models.CharField(max_length=60)),
                ('limit_foreign', models.CharField(blank=True, max_length=60)),
                ('series', models.CharField(blank=True, max_length=20)),
                ('declarant', models.CharField(blank=True, max_length=200)),
                ('youngest_woman', models.SmallIntegerField(blank=True, null=True)),
                ('youngest_man', models.SmallIntegerField(blank=True, null=True)),
                ('legal_basis', models.CharField(max_length=300)),
                ('doubt', models.CharField(blank=True, max_length=300)),
                ('entered_by', models.CharField(max_length=160)),
                ('entered_on', models.DateField()),
                ('withdrawn_on', models.DateField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('key', models.UUIDField(primary_key=True, serialize=False)),
                ('to_office', models.CharField(max_length=40)),
                ('from_office', models.CharField(max_length=40)),
                ('why', models.CharField(choices=[('residence', 'residence'), ('first_registration', 'first_registration')], max_length=18)),
                ('book', models.CharField(choices=[('birth', 'birth'), ('marriage', 'marriage'), ('death', 'death'), ('other', 'other')], max_length=8)),
                ('event', models.CharField(choices=[('birth', 'birth'), ('marriage', 'marriage'), ('death', 'death'), ('other', 'other'), ('recognition', 'recognition'), ('adoption', 'adoption'), ('guardianship', 'guardianship'), ('guardianship_end', 'guardianship_end'), ('change', 'change'), ('correction', 'correction'), ('supplement', 'supplement'), ('ethnicity_redetermination', 'ethnicity_redetermination'), ('marital_status_certificate', 'marital_status_certificate'), ('divorce', 'divorce'), ('annulment', 'annulment'), ('declared_missing', 'declared_missing'), ('declared_dead', 'declared_dead'), ('note', 'note')], max_length=26)),
                ('entry', models.UUIDField()),
                ('number', models.CharField(max_length=40)),
                ('sent_on', models.DateField()),
                ('seen_on', models.DateField(null=True)),
                ('seen_by', models.CharField(blank=True, max_length=160)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='otherregistration',
            name='civil_status_other_number',
        ),
        migrations.AddField(
            model_name='birthregistration',
            name='level',
            field=models.CharField(blank=True, choices=[('commune', 'commune'), ('district', 'district'), ('province', 'province'), ('mission', 'mission')], db_default='', max_length=8),
        ),
        migrations.AddField(
            model_name='birthregistration',
            name='not_self',
            field=models.CharField(blank=True, db_default='', max_length=200),
        ),
        migrations.AddField(
            model_name='deathregistration',
            name='level',
            field=models.CharField(blank=True, choices=[('commune', 'commune'), ('district', 'district'), ('province', 'province'), ('mission', 'mission')], db_default='', max_length=8),
        ),
        migrations.AddField(
            model_name='deathregistration',
            name='not_self',
            field=models.CharField(blank=True, db_default='', max_length=200),
        ),
        migrations.AddField(
            model_name='marriageregistration',
            name='declarant_name',
            field=models.CharField(blank=True, db_default='', max_length=120),
        ),
        migrations.AddField(
            model_name='marriageregistration',
            name='declarant_paper',
            field=models.CharField(blank=True, db_default='', max_length=160),
        ),
        migrations.AddField(
            model_name='marriageregistration',
            name='differences',
            field=models.JSONField(blank=True, db_default=models.Value([], models.JSONField()), default=list),
        ),
        migrations.AddField(
            model_name='marriageregistration',
            name='form_token',
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name='marriageregistration',
            name='husband_id',
            field=models.CharField(max_length=12, null=True),
        ),
        migrations.AddField(
            model_name='marriageregistration',
            name='level',
            field=models.CharField(blank=True, choices=[('commune', 'commune'), ('district', 'district'), ('province', 'province'), ('mission', 'mission')], db_default='', max_length=8),
        ),
        migrations.AddField(
            model_name='marriageregistration',
            name='not_self',
            field=models.CharField(blank=True, db_default='', max_length=200),
        ),
        migrations.AddField(
            model_name='marriageregistration',
            name='particulars',
            field=models.JSONField(blank=True, db_default=models.Value({}, models.JSONField()), default=dict),
        ),
        migrations.AddField(
            model_name='marriageregistration',
            name='wife_id',
            field=models.CharField(max_length=12, null=True),
        ),
        migrations.AddField(
            model_name='otherregistration',
            name='changes',
            field=models.JSONField(blank=True, db_default=models.Value([], models.JSONField()), default=list),
        ),
        migrations.AddField(
            model_name='otherregistration',
            name='declarant_name',
            field=models.CharField(blank=True, db_default='', max_length=120),
        ),
        migrations.AddField(
            model_name='otherregistration',
            name='declarant_paper',
            field=models.CharField(blank=True, db_default='', max_length=160),
        ),
        migrations.AddField(
            model_name='otherregistration',
            name='differences',
            field=models.JSONField(blank=True, db_default=models.Value([], models.JSONField()), default=list),
        ),
        migrations.AddField(
            model_name='otherregistration',
            name='form_token',
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name='otherregistration',
            name='level',
            field=models.CharField(blank=True, choices=[('commune', 'commune'), ('district', 'district'), ('province', 'province'), ('mission', 'mission')], db_default='', max_length=8),
        ),
        migrations.AddField(
            model_name='otherregistration',
            name='not_self',
            field=models.CharField(blank=True, db_default='', max_length=200),
        ),
        migrations.AddField(
            model_name='otherregistration',
            name='other_fold',
            field=models.CharField(blank=True, db_default='', max_length=240),
        ),
        migrations.AddField(
            model_name='otherregistration',
            name='particulars',
            field=models.JSONField(blank=True, db_default=models.Value({}, models.JSONField()), default=dict),
        ),
        migrations.AddField(
            model_name='otherregistration',
            name='people',
            field=models.JSONField(blank=True, db_default=models.Value({}, models.JSONField()), default=dict),
        ),
        migrations.AddField(
            model_name='otherregistration',
            name='personal_id',
            field=models.CharField(max_length=12, null=True),
        ),
        migrations.AddField(
            model_name='paper',
            name='event',
            field=models.CharField(blank=True, choices=[('recognition', 'recognition'), ('adoption', 'adoption'), ('guardianship', 'guardianship'), ('guardianship_end', 'guardianship_end'), ('change', 'change'), ('correction', 'correction'), ('supplement', 'supplement'), ('ethnicity_redetermination', 'ethnicity_redetermination'), ('marital_status_certificate', 'marital_status_certificate'), ('divorce', 'divorce'), ('annulment', 'annulment'), ('declared_missing', 'declared_missing'), ('declared_dead', 'declared_dead'), ('note', 'note')], db_default='', max_length=26),
        ),
        migrations.AlterField(
            model_name='desk',
            name='level',
            field=models.CharField(choices=[('commune', 'commune'), ('district', 'district'), ('province', 'province'), ('mission', 'mission')], max_length=8),
        ),
        migrations.AlterField(
            model_name='otherregistration',
            name='event',
            field=models.CharField(choices=[('recognition', 'recognition'), ('adoption', 'adoption'), ('guardianship', 'guardianship'), ('guardianship_end', 'guardianship_end'), ('change', 'change'), ('correction', 'correction'), ('supplement', 'supplement'), ('ethnicity_redetermination', 'ethnicity_redetermination'), ('marital_status_certificate', 'marital_status_certificate'), ('divorce', 'divorce'), ('annulment', 'annulment'), ('declared_missing', 'declared_missing'), ('declared_dead', 'declared_dead'), ('note', 'note')], max_length=26),
        ),
        migrations.AlterField(
            model_name='paper',
            name='number',
            field=models.CharField(max_length=40),
        ),
        migrations.AlterField(
            model_name='registerbook',
            name='kind',
            field=models.CharField(choices=[('birth', 'birth'), ('marriage', 'marriage'), ('death', 'death'), ('other', 'other'), ('recognition', 'recognition'), ('adoption', 'adoption'), ('guardianship', 'guardianship'), ('guardianship_end', 'guardianship_end'), ('change', 'change'), ('correction', 'correction'), ('supplement', 'supplement'), ('ethnicity_redetermination', 'ethnicity_redetermination'), ('marital_status_certificate', 'marital_status_certificate'), ('divorce', 'divorce'), ('annulment', 'annulment'), ('declared_missing', 'declared_missing'), ('declared_dead', 'declared_dead'), ('note', 'note')], max_length=26),
        ),
        migrations.AddIndex(
            model_name='marriageregistration',
            index=models.Index(condition=models.Q(('wife_id__isnull', False)), fields=['wife_id'], name='civil_status_marriage_wife'),
        ),
        migrations.AddIndex(
            model_name='marriageregistration',
            index=models.Index(condition=models.Q(('husband_id__isnull', False)), fields=['husband_id'], name='civil_status_marriage_husband'),
        ),
        migrations.AddIndex(
            model_name='marriageregistration',
            index=models.Index(fields=['wife_born_on', 'wife_fold'], name='civil_status_wife'),
        ),
        migrations.AddIndex(
            model_name='marriageregistration',
            index=models.Index(fields=['husband_born_on', 'husband_fold'], name='civil_status_husband'),
        ),
        migrations.AddIndex(
            model_name='otherregistration',
            index=models.Index(condition=models.Q(('personal_id__isnull', False)), fields=['personal_id'], name='civil_status_other_id'),
        ),
        migrations.AddIndex(
            model_name='otherregistration',
            index=models.Index(fields=['born_on', 'name_fold'], name='civil_status_other_same'),
        ),
        migrations.AddConstraint(
            model_name='marriageregistration',
            constraint=models.UniqueConstraint(condition=models.Q(('form_token__isnull', False)), fields=('office', 'form_token'), name='civil_status_marriage_form'),
        ),
        migrations.AddConstraint(
            model_name='otherregistration',
            constraint=models.UniqueConstraint(condition=models.Q(('origin', 'live')), fields=('office', 'event', 'entry_year', 'entry_no'), name='civil_status_other_number'),
        ),
        migrations.AddConstraint(
            model_name='otherregistration',
            constraint=models.UniqueConstraint(condition=models.Q(('form_token__isnull', False)), fields=('office', 'form_token'), name='civil_status_other_form'),
        ),
        migrations.AddIndex(
            model_name='annotation',
            index=models.Index(fields=['entry', 'noted_on'], name='civil_status_annotation_of'),
        ),
        migrations.AddConstraint(
            model_name='enteredrule',
            constraint=models.CheckConstraint(condition=models.Q(('valid_to', None), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='civil_status_rule_order'),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(condition=models.Q(('seen_on', None)), fields=['to_office', 'sent_on'], name='civil_status_notice_unseen'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.UniqueConstraint(fields=('to_office', 'entry', 'why'), name='civil_status_one_notice'),
        ),
        history.track(TABLE, key="key"),
        history.track("civil_status_enteredrule"),
        history.track("civil_status_notice", key="key"),
    ]
