"""Tell apart what staff switched off and what the site did not find."""

from django.db import migrations, models
from django.db.models import F

FOUND_BY_THE_SITE = ["environment", "local"]


def take_over(apps, schema_editor):
    """Of these endpoints the site itself used to switch on and off."""
    apps.get_model("conversations", "Endpoint").objects.filter(source__in=FOUND_BY_THE_SITE).update(
        present=F("enabled"), enabled=True
    )


def give_back(apps, schema_editor):
    apps.get_model("conversations", "Endpoint").objects.filter(present=False).update(enabled=False)


class Migration(migrations.Migration):
    dependencies = [("conversations", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="endpoint",
            name="present",
            field=models.BooleanField(
                default=True,
                editable=False,
                help_text="The environment names it, or it answered when Chatsite started.",
                verbose_name="present",
            ),
        ),
        migrations.RunPython(take_over, give_back),
    ]
