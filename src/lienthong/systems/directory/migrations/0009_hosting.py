from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models
from django.db.models.functions import Now


def keep_where_it_stands(apps, schema_editor):
    """Every subsystem with a gateway stands behind that one, with the offers in force."""
    Subsystem = apps.get_model("directory", "Subsystem")
    Offer = apps.get_model("directory", "Offer")
    Hosting = apps.get_model("directory", "Hosting")
    for subsystem in Subsystem.objects.exclude(gateway=None):
        offers = Offer.objects.filter(subsystem=subsystem, withdrawn_at=None, outside=None)
        Hosting.objects.create(
            subsystem=subsystem,
            gateway_id=subsystem.gateway_id,
            offers=sorted(offers.values_list("code", flat=True)),
            since=Now(),
        )


def keep_the_first(apps, schema_editor):
    Hosting = apps.get_model("directory", "Hosting")
    for hosting in Hosting.objects.filter(ended_at=None).order_by("-since", "-pk"):
        hosting.subsystem.gateway_id = hosting.gateway_id
        hosting.subsystem.save(update_fields=["gateway"])


class Migration(migrations.Migration):

    dependencies = [("directory", "0008_agreements")]

    operations = [
        migrations.CreateModel(
            name="Hosting",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("offers", models.JSONField(default=list)),
                ("since", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("ended_by", models.CharField(blank=True, max_length=160)),
                ("end_reason", models.CharField(blank=True, max_length=300)),
                ("gateway", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="hostings", to="directory.gateway")),
                ("subsystem", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="hostings", to="directory.subsystem")),
            ],
            options={"ordering": ["since", "pk"]},
        ),
        migrations.AddConstraint(
            model_name="hosting",
            constraint=models.UniqueConstraint(condition=models.Q(("ended_at", None)), fields=("subsystem", "gateway"), name="directory_hosting_once"),
        ),
        migrations.RunPython(keep_where_it_stands, keep_the_first),
        migrations.RemoveField(model_name="subsystem", name="gateway"),
    ]
