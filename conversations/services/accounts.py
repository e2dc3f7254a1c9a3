"""What can be done about an account besides what Django and allauth do."""

from __future__ import annotations

from django.contrib.auth.models import User

from conversations.services.conversations import remove_for_good


def delete_account(user: User) -> None:
    """Remove an account with every conversation that it has.

    The account is closed first, so that nothing is added meanwhile; whatever goes wrong later, it can be done again.
    """
    user.is_active = False
    user.save(update_fields=["is_active"])
    for conversation_id in list(user.conversations.values_list("pk", flat=True)):
        # One at a time: people who write wait for this.
        remove_for_good(conversation_id)
    user.delete()
