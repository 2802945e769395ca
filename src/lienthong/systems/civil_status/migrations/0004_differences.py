"""What was decided where a declaration of a birth and population differed."""

from django.db import migrations, models
from django.db.models import Value


class Migration(migrations.Migration):

    dependencies = [
        ("civil_status", "0003_custody"),
    ]

    operations = [
        migrations.AddField(
            model_name="birthregistration",
            name="differences",
            field=models.JSONField(
                blank=True, db_default=Value([], models.JSONField()), default=list
            ),
        ),
    ]
