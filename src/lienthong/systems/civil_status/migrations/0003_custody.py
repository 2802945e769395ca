"""Indexes follow the custodian, since a desk searches what is in its custody."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('civil_status', '0002_history'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='birthregistration',
            name='civil_status_birth_day',
        ),
        migrations.RemoveIndex(
            model_name='birthregistration',
            name='civil_status_birth_name',
        ),
        migrations.RemoveIndex(
            model_name='birthregistration',
            name='civil_status_birth_wait',
        ),
        migrations.RemoveIndex(
            model_name='deathregistration',
            name='civil_status_death_day',
        ),
        migrations.RemoveIndex(
            model_name='deathregistration',
            name='civil_status_death_name',
        ),
        migrations.RemoveIndex(
            model_name='deathregistration',
            name='civil_status_death_wait',
        ),
        migrations.RemoveIndex(
            model_name='marriageregistration',
            name='civil_status_marriage_day',
        ),
        migrations.RemoveIndex(
            model_name='marriageregistration',
            name='civil_status_marriage_name',
        ),
        migrations.RemoveIndex(
            model_name='otherregistration',
            name='civil_status_other_day',
        ),
        migrations.RemoveIndex(
            model_name='otherregistration',
            name='civil_status_other_name',
        ),
        migrations.AddIndex(
            model_name='birthregistration',
            index=models.Index(fields=['custodian', 'registered_on'], name='civil_status_birth_day'),
        ),
        migrations.AddIndex(
            model_name='birthregistration',
            index=models.Index(fields=['custodian', 'name_fold'], name='civil_status_birth_name'),
        ),
        migrations.AddIndex(
            model_name='birthregistration',
            index=models.Index(condition=models.Q(('id_state', 'waiting')), fields=['custodian', 'due_on'], name='civil_status_birth_wait'),
        ),
        migrations.AddIndex(
            model_name='deathregistration',
            index=models.Index(fields=['custodian', 'registered_on'], name='civil_status_death_day'),
        ),
        migrations.AddIndex(
            model_name='deathregistration',
            index=models.Index(fields=['custodian', 'name_fold'], name='civil_status_death_name'),
        ),
        migrations.AddIndex(
            model_name='deathregistration',
            index=models.Index(fields=['died_on', 'name_fold'], name='civil_status_death_same'),
        ),
        migrations.AddIndex(
            model_name='deathregistration',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['custodian', 'due_on'], name='civil_status_death_wait'),
        ),
        migrations.AddIndex(
            model_name='marriageregistration',
            index=models.Index(fields=['custodian', 'registered_on'], name='civil_status_marriage_day'),
        ),
        migrations.AddIndex(
            model_name='marriageregistration',
            index=models.Index(fields=['custodian', 'wife_fold'], name='civil_status_marriage_name'),
        ),
        migrations.AddIndex(
            model_name='otherregistration',
            index=models.Index(fields=['custodian', 'registered_on'], name='civil_status_other_day'),
        ),
        migrations.AddIndex(
            model_name='otherregistration',
            index=models.Index(fields=['custodian', 'name_fold'], name='civil_status_other_name'),
        ),
    ]
