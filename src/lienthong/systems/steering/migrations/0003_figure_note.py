from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("steering", "0002_history")]

    operations = [
        migrations.AddField(
            model_name="collectedfigure",
            name="note",
            field=models.TextField(blank=True, default=""),
        ),
    ]
