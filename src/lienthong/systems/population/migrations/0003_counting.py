"""The index that counts numbers by cause answers the origin too."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('population', '0002_history'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='personalidrow',
            name='population_cause_issued',
        ),
        migrations.AddIndex(
            model_name='personalidrow',
            index=models.Index(fields=['cause', 'issued_on', 'origin'], name='population_cause_issued'),
        ),
    ]
