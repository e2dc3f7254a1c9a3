"""The first account: whoever holds the link that the server prints becomes the administrator, once.

Invariant: a token is worth something only while no account exists, so of two people with the link one wins.
"""

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.core import signing
from django.db import connection, transaction
from django.urls import reverse

SIGNER = signing.TimestampSigner(salt="conversations.first-account")
TOKEN_LIFETIME_SECONDS = 7 * 86400
POSTGRESQL_LOCK = 4_730_211


class SetupFinished(Exception):
    """An account exists: the link has done its work."""


class SetupLinkInvalid(Exception):
    """The token was not made by this server, or long ago."""


def account_exists() -> bool:
    return get_user_model().objects.exists()


def setup_path() -> str:
    """The address, without scheme and host, under which the first account can be made."""
    return reverse("first_account", args=[SIGNER.sign("first")])


def check_setup_token(token: str) -> None:
    """Raises SetupFinished or SetupLinkInvalid."""
    if account_exists():
        raise SetupFinished
    try:
        SIGNER.unsign(token, max_age=TOKEN_LIFETIME_SECONDS)
    except signing.BadSignature as error:
        raise SetupLinkInvalid from error


@transaction.atomic
def create_first_account(*, username: str, email: str, password: str) -> User:
    """The administrator; raises SetupFinished when somebody was faster, ValidationError for an odd name or address.

    The address counts as confirmed: whoever sets a site up need not prove to it who they are.
    """
    _wait_for_others()
    if account_exists():
        raise SetupFinished
    User(username=username, email=email).clean_fields(exclude=["password"])
    user = User.objects.create_superuser(username=username, email=email, password=password)
    if user.email:
        EmailAddress.objects.create(user=user, email=user.email.lower(), verified=True, primary=True)
    return user


def needs_email() -> bool:
    """Whether nobody signs in without an address that is confirmed."""
    return bool(settings.ACCOUNT_EMAIL_VERIFICATION == "mandatory")


def _wait_for_others() -> None:
    # SQLite lets one writing transaction in at a time by itself (transaction_mode IMMEDIATE).
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [POSTGRESQL_LOCK])
