"""An offer may ask both gateways to keep the bodies of its messages."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("directory", "0006_outside_services"),
    ]

    operations = [
        migrations.AddField(
            model_name="offer",
            name="keep_body",
            field=models.BooleanField(default=False),
        ),
    ]
