"""How often input was sent back, by its code."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("web", "0002_cache")]

    operations = [
        migrations.CreateModel(
            name="ProblemCount",
            fields=[
                ("code", models.CharField(max_length=100, primary_key=True, serialize=False)),
                ("count", models.BigIntegerField()),
            ],
        ),
    ]
