"""Received documents, leaders' opinions, and letters that pass documents on."""

import django.db.models.deletion
from django.db import migrations, models

from lienthong.record import history

TRACKED = ("reception", "opinion", "letter", "letteritem", "itemtask", "quotereason")
# What a letter said when it was issued is frozen by the database itself.
KEEP_LETTER = """
CREATE FUNCTION steering_keep_letter() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a letter that was issued or given up is not changed: % is refused', TG_OP
        USING ERRCODE = 'insufficient_privilege';
END
$$
"""
KEEP_ITEM = """
CREATE FUNCTION steering_keep_letter_part() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    held bigint := CASE WHEN TG_OP = 'INSERT' THEN NEW.letter_id ELSE OLD.letter_id END;
BEGIN
    IF EXISTS (SELECT 1 FROM steering_letter WHERE id = held AND state <> 'draft') THEN
        RAISE EXCEPTION 'a letter that was issued or given up is not changed: % is refused', TG_OP
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END
$$
"""


def part_kept(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"CREATE TRIGGER keep_part BEFORE INSERT OR UPDATE OR DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION steering_keep_letter_part()",
        f"DROP TRIGGER keep_part ON {table}",
    )


def never_deleted(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"CREATE TRIGGER never_deleted BEFORE DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION steering_never_deleted()",
        f"DROP TRIGGER never_deleted ON {table}",
    )


class Migration(migrations.Migration):

    dependencies = [
        ('steering', '0007_moves_of_deadlines'),
        ('record', '0002_row_history'),
    ]

    operations = [
        migrations.CreateModel(
            name='Opinion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('leader', models.CharField(max_length=150)),
                ('title', models.CharField(max_length=150)),
                ('given_on', models.DateField()),
                ('words', models.TextField()),
                ('recorded_at', models.DateTimeField()),
                ('recorded_by', models.CharField(max_length=200)),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
                ('withdrawn_by', models.CharField(blank=True, max_length=200)),
                ('withdrawn_reason', models.CharField(blank=True, max_length=500)),
            ],
            options={
                'ordering': ['-given_on', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='Letter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('issued', 'Issued'), ('dropped', 'Dropped')], default='draft', max_length=8)),
                ('symbol', models.CharField(max_length=30)),
                ('subject', models.CharField(max_length=500)),
                ('lead', models.CharField(max_length=35)),
                ('co_leads', models.TextField(blank=True)),
                ('task', models.TextField()),
                ('recipients', models.TextField()),
                ('authority', models.CharField(max_length=200)),
                ('signer', models.CharField(max_length=150)),
                ('place', models.CharField(max_length=60)),
                ('number', models.IntegerField(blank=True, null=True)),
                ('issued_on', models.DateField(blank=True, null=True)),
                ('issued_at', models.DateTimeField(blank=True, null=True)),
                ('issued_by', models.CharField(blank=True, max_length=200)),
                ('dropped_reason', models.CharField(blank=True, max_length=500)),
                ('drafted_at', models.DateTimeField()),
                ('drafted_by', models.CharField(max_length=200)),
                ('version', models.IntegerField(default=1)),
                ('document', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='letter', to='steering.directivedocument')),
                ('docx', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='letters_docx', to='steering.evidence')),
                ('pdf', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='letters_pdf', to='steering.evidence')),
                ('opinion', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='letters', to='steering.opinion')),
            ],
            options={
                'ordering': ['-drafted_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='LetterItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.IntegerField()),
                ('text', models.TextField()),
                ('due_kind', models.CharField(choices=[('date', 'date'), ('working_days', 'working_days'), ('cadence', 'cadence'), ('none', 'none')], max_length=12)),
                ('due_day', models.DateField(blank=True, null=True)),
                ('due_days', models.IntegerField(blank=True, null=True)),
                ('cadence', models.CharField(blank=True, choices=[('week', 'week'), ('month', 'month'), ('quarter', 'quarter'), ('half_year', 'half_year'), ('year', 'year')], max_length=10)),
                ('due_note', models.CharField(blank=True, max_length=200)),
                ('letter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='items', to='steering.letter')),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cited_by_items', to='steering.directivedocument')),
            ],
            options={
                'ordering': ['place', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='ItemTask',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='in_letters', to='steering.task')),
                ('item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='carried', to='steering.letteritem')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='QuoteReason',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=64)),
                ('quoted', models.CharField(max_length=300)),
                ('expected', models.CharField(blank=True, max_length=300)),
                ('reason', models.CharField(max_length=500)),
                ('given_at', models.DateTimeField()),
                ('given_by', models.CharField(max_length=200)),
                ('letter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='quote_reasons', to='steering.letter')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='Reception',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('body', models.CharField(max_length=35)),
                ('office', models.CharField(max_length=35)),
                ('number', models.IntegerField()),
                ('received_on', models.DateField()),
                ('received_at', models.DateTimeField()),
                ('received_by', models.CharField(max_length=200)),
                ('origin', models.CharField(choices=[('entered', 'Entered'), ('import', 'Import')], default='entered', max_length=8)),
                ('document', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='receptions', to='steering.directivedocument')),
                ('file', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='receptions', to='steering.evidence')),
            ],
            options={
                'ordering': ['-received_on', '-pk'],
            },
        ),
        migrations.AddField(
            model_name='opinion',
            name='reception',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='opinions', to='steering.reception'),
        ),
        migrations.AddField(
            model_name='letter',
            name='reception',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='letters', to='steering.reception'),
        ),
        migrations.AddConstraint(
            model_name='letteritem',
            constraint=models.UniqueConstraint(fields=('letter', 'place'), name='steering_letter_place_once'),
        ),
        migrations.AddConstraint(
            model_name='letteritem',
            constraint=models.CheckConstraint(condition=models.Q(('place__gt', 0)), name='steering_letter_place_counts'),
        ),
        migrations.AddConstraint(
            model_name='itemtask',
            constraint=models.UniqueConstraint(fields=('item', 'task'), name='steering_item_task_once'),
        ),
        migrations.AddConstraint(
            model_name='quotereason',
            constraint=models.UniqueConstraint(fields=('letter', 'key'), name='steering_quote_reason_once'),
        ),
        migrations.AddConstraint(
            model_name='reception',
            constraint=models.UniqueConstraint(fields=('body', 'document'), name='steering_received_once'),
        ),
        migrations.AddConstraint(
            model_name='opinion',
            constraint=models.CheckConstraint(condition=models.Q(('withdrawn_at', None), models.Q(('withdrawn_reason', ''), _negated=True), _connector='OR'), name='steering_opinion_withdrawn_has_reason'),
        ),
        migrations.AddConstraint(
            model_name='letter',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'draft')), fields=('reception',), name='steering_one_letter_is_drafted'),
        ),
        migrations.AddConstraint(
            model_name='letter',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'issued'), _negated=True), models.Q(models.Q(('number', None), _negated=True), models.Q(('issued_on', None), _negated=True), models.Q(('document', None), _negated=True)), _connector='OR'), name='steering_issued_letter_is_whole'),
        ),
        migrations.AddConstraint(
            model_name='letter',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'dropped'), _negated=True), models.Q(('dropped_reason', ''), _negated=True), _connector='OR'), name='steering_dropped_letter_has_reason'),
        ),
        *(history.track(f"steering_{table}") for table in TRACKED),
        migrations.RunSQL(KEEP_LETTER, "DROP FUNCTION steering_keep_letter()"),
        migrations.RunSQL(KEEP_ITEM, "DROP FUNCTION steering_keep_letter_part()"),
        migrations.RunSQL(
            "CREATE TRIGGER keep_letter BEFORE UPDATE ON steering_letter"
            " FOR EACH ROW WHEN (OLD.state <> 'draft') EXECUTE FUNCTION steering_keep_letter()",
            "DROP TRIGGER keep_letter ON steering_letter",
        ),
        part_kept("steering_letteritem"),
        part_kept("steering_quotereason"),
        *(never_deleted(f"steering_{table}") for table in ("reception", "opinion", "letter")),
    ]
