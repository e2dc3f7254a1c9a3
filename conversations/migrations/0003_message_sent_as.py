"""Store a message once that is sent again for want of an answer."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("conversations", "0002_endpoint_present")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="sent_as",
            field=models.UUIDField(
                blank=True,
                editable=False,
                help_text="Names the act of sending it: what is sent again, for want of an answer, is stored once.",
                null=True,
                verbose_name="sent as",
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.UniqueConstraint(
                condition=models.Q(("sent_as__isnull", False)), fields=("sent_as",), name="message_sent_once"
            ),
        ),
    ]
