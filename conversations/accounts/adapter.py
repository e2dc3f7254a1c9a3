"""Who may sign up by themselves."""

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest

from conversations.accounts.first_account import account_exists


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest | None) -> bool:
        """Not before the first account: it belongs to whoever holds the set-up link."""
        return bool(settings.CHATSITE_SIGNUP) and account_exists()
