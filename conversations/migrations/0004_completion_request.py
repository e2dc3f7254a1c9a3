"""Say what the request of a completion holds."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("conversations", "0003_message_sent_as")]

    operations = [
        migrations.AlterField(
            model_name="completion",
            name="request",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="As sent; what was said before is only named.",
                verbose_name="request",
            ),
        ),
    ]
