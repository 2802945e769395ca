from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("directory", "0010_days")]

    operations = [
        migrations.AddField(
            model_name="accessgrant",
            name=name,
            field=models.JSONField(blank=True, null=True),
        )
        for name in ("asked", "asked_mark", "refusal_mark")
    ]
