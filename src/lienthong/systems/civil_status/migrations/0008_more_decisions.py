"""Further kinds of decisions that are noted in the book (Luật Hộ tịch art. 3.2)."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('civil_status', '0007_every_event'),
    ]

    operations = [
        migrations.AlterField(
            model_name='annotation',
            name='event',
            field=models.CharField(choices=[('birth', 'birth'), ('marriage', 'marriage'), ('death', 'death'), ('other', 'other'), ('recognition', 'recognition'), ('adoption', 'adoption'), ('guardianship', 'guardianship'), ('guardianship_end', 'guardianship_end'), ('change', 'change'), ('correction', 'correction'), ('supplement', 'supplement'), ('ethnicity_redetermination', 'ethnicity_redetermination'), ('marital_status_certificate', 'marital_status_certificate'), ('divorce', 'divorce'), ('annulment', 'annulment'), ('parentage_decided', 'parentage_decided'), ('citizenship', 'citizenship'), ('sex_redetermination', 'sex_redetermination'), ('legal_capacity', 'legal_capacity'), ('declared_missing', 'declared_missing'), ('declared_dead', 'declared_dead'), ('declaration_cancelled', 'declaration_cancelled'), ('note', 'note')], max_length=26),
        ),
        migrations.AlterField(
            model_name='enteredrule',
            name='kind',
            field=models.CharField(choices=[('birth', 'birth'), ('marriage', 'marriage'), ('death', 'death'), ('other', 'other'), ('recognition', 'recognition'), ('adoption', 'adoption'), ('guardianship', 'guardianship'), ('guardianship_end', 'guardianship_end'), ('change', 'change'), ('correction', 'correction'), ('supplement', 'supplement'), ('ethnicity_redetermination', 'ethnicity_redetermination'), ('marital_status_certificate', 'marital_status_certificate'), ('divorce', 'divorce'), ('annulment', 'annulment'), ('parentage_decided', 'parentage_decided'), ('citizenship', 'citizenship'), ('sex_redetermination', 'sex_redetermination'), ('legal_capacity', 'legal_capacity'), ('declared_missing', 'declared_missing'), ('declared_dead', 'declared_dead'), ('declaration_cancelled', 'declaration_cancelled'), ('note', 'note')], max_length=26),
        ),
        migrations.AlterField(
            model_name='notice',
            name='event',
            field=models.CharField(choices=[('birth', 'birth'), ('marriage', 'marriage'), ('death', 'death'), ('other', 'other'), ('recognition', 'recognition'), ('adoption', 'adoption'), ('guardianship', 'guardianship'), ('guardianship_end', 'guardianship_end'), ('change', 'change'), ('correction', 'correction'), ('supplement', 'supplement'), ('ethnicity_redetermination', 'ethnicity_redetermination'), ('marital_status_certificate', 'marital_status_certificate'), ('divorce', 'divorce'), ('annulment', 'annulment'), ('parentage_decided', 'parentage_decided'), ('citizenship', 'citizenship'), ('sex_redetermination', 'sex_redetermination'), ('legal_capacity', 'legal_capacity'), ('declared_missing', 'declared_missing'), ('declared_dead', 'declared_dead'), ('declaration_cancelled', 'declaration_cancelled'), ('note', 'note')], max_length=26),
        ),
        migrations.AlterField(
            model_name='otherregistration',
            name='event',
            field=models.CharField(choices=[('recognition', 'recognition'), ('adoption', 'adoption'), ('guardianship', 'guardianship'), ('guardianship_end', 'guardianship_end'), ('change', 'change'), ('correction', 'correction'), ('supplement', 'supplement'), ('ethnicity_redetermination', 'ethnicity_redetermination'), ('marital_status_certificate', 'marital_status_certificate'), ('divorce', 'divorce'), ('annulment', 'annulment'), ('parentage_decided', 'parentage_decided'), ('citizenship', 'citizenship'), ('sex_redetermination', 'sex_redetermination'), ('legal_capacity', 'legal_capacity'), ('declared_missing', 'declared_missing'), ('declared_dead', 'declared_dead'), ('declaration_cancelled', 'declaration_cancelled'), ('note', 'note')], max_length=26),
        ),
        migrations.AlterField(
            model_name='paper',
            name='event',
            field=models.CharField(blank=True, choices=[('recognition', 'recognition'), ('adoption', 'adoption'), ('guardianship', 'guardianship'), ('guardianship_end', 'guardianship_end'), ('change', 'change'), ('correction', 'correction'), ('supplement', 'supplement'), ('ethnicity_redetermination', 'ethnicity_redetermination'), ('marital_status_certificate', 'marital_status_certificate'), ('divorce', 'divorce'), ('annulment', 'annulment'), ('parentage_decided', 'parentage_decided'), ('citizenship', 'citizenship'), ('sex_redetermination', 'sex_redetermination'), ('legal_capacity', 'legal_capacity'), ('declared_missing', 'declared_missing'), ('declared_dead', 'declared_dead'), ('declaration_cancelled', 'declaration_cancelled'), ('note', 'note')], db_default='', max_length=26),
        ),
        migrations.AlterField(
            model_name='registerbook',
            name='kind',
            field=models.CharField(choices=[('birth', 'birth'), ('marriage', 'marriage'), ('death', 'death'), ('other', 'other'), ('recognition', 'recognition'), ('adoption', 'adoption'), ('guardianship', 'guardianship'), ('guardianship_end', 'guardianship_end'), ('change', 'change'), ('correction', 'correction'), ('supplement', 'supplement'), ('ethnicity_redetermination', 'ethnicity_redetermination'), ('marital_status_certificate', 'marital_status_certificate'), ('divorce', 'divorce'), ('annulment', 'annulment'), ('parentage_decided', 'parentage_decided'), ('citizenship', 'citizenship'), ('sex_redetermination', 'sex_redetermination'), ('legal_capacity', 'legal_capacity'), ('declared_missing', 'declared_missing'), ('declared_dead', 'declared_dead'), ('declaration_cancelled', 'declaration_cancelled'), ('note', 'note')], max_length=26),
        ),
    ]
