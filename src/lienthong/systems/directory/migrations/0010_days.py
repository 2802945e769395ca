from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

TABLES = ("directory_dayreport", "directory_daycount", "directory_contradiction")
KEEP = """
CREATE FUNCTION directory_keep_days() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a signed day is never changed or removed';
END $$
"""


class Migration(migrations.Migration):

    dependencies = [("directory", "0009_hosting")]

    operations = [
        migrations.CreateModel(
            name="DayReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("source", models.CharField(blank=True, default="", max_length=36)),
                ("answered", models.BigIntegerField()),
                ("unknown", models.BigIntegerField(default=0)),
                ("closed_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                ("tree_size", models.BigIntegerField()),
                ("root", models.CharField(max_length=64)),
                ("counts_sha256", models.CharField(max_length=64)),
                ("kid", models.CharField(max_length=64)),
                ("document", models.BinaryField()),
                ("message_id", models.CharField(max_length=200)),
                ("gateway", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="reports", to="directory.gateway")),
            ],
            options={
                "ordering": ["day", "gateway", "source"],
                "indexes": [models.Index(fields=["day"], name="directory_day")],
                "constraints": [models.UniqueConstraint(fields=("gateway", "day", "source"), name="directory_day_once")],
            },
        ),
        migrations.CreateModel(
            name="DayCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("client", models.CharField(max_length=250)),
                ("service", models.CharField(max_length=400)),
                ("side", models.CharField(max_length=8)),
                ("outcome", models.CharField(max_length=12)),
                ("count", models.BigIntegerField()),
                ("report", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="counts", to="directory.dayreport")),
            ],
        ),
        migrations.CreateModel(
            name="Contradiction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("answered", models.BigIntegerField()),
                ("counts_sha256", models.CharField(max_length=64)),
                ("content_sha256", models.CharField(max_length=64)),
                ("closed_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                ("document", models.BinaryField()),
                ("message_id", models.CharField(max_length=200)),
                ("report", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="contradictions", to="directory.dayreport")),
            ],
            options={
                "ordering": ["received_at"],
                "constraints": [models.UniqueConstraint(fields=("report", "content_sha256"), name="directory_contradiction_once")],
            },
        ),
        migrations.RunSQL(KEEP, "DROP FUNCTION directory_keep_days()"),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER keep_days BEFORE UPDATE OR DELETE ON {table}"
                " FOR EACH ROW EXECUTE FUNCTION directory_keep_days()",
                f"DROP TRIGGER keep_days ON {table}",
            )
            for table in TABLES
        ),
    ]
