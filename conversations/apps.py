"""The one Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConversationsConfig(AppConfig):
    name = "conversations"
    verbose_name = _("Conversations")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # They register themselves, and the app registry must be loaded first.
        from conversations import checks  # noqa: F401
        from conversations.services import sessions  # noqa: F401
