"""Checks of values that would otherwise fail late, far from the setting they came from. Each raises ValueError."""

from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ImproperlyConfigured
from environ import Env

from conversations.network import NetworkPolicy

MAIL_SETTINGS = (
    "EMAIL_BACKEND",
    "EMAIL_FILE_PATH",
    "EMAIL_HOST",
    "EMAIL_PORT",
    "EMAIL_HOST_USER",
    "EMAIL_HOST_PASSWORD",
    "EMAIL_USE_TLS",
    "EMAIL_USE_SSL",
)


def redis_address(url: str) -> str:
    """`url` as it is."""
    # Imported here: whoever uses no Redis need not wait for it.
    from redis.connection import parse_url

    parse_url(url)
    return url


def network_policy(words: str) -> NetworkPolicy:
    """What may be called on a user's behalf besides public addresses: comma-separated hosts, host:port, networks."""
    return NetworkPolicy(allowed=tuple(word.strip() for word in words.split(",") if word.strip()))


def mail_settings(url: str) -> dict[str, Any]:
    """Django's settings of the mail server that `url` names."""
    if "://" not in url:
        raise ValueError("this is no address, such as smtp+tls://user:password@host:587")
    try:
        config = Env.email_url_config(url)
    except ImproperlyConfigured as error:
        raise ValueError(f"{url.partition('://')[0]!r} is no kind of mail server that is known") from error
    if "smtp" in config["EMAIL_BACKEND"] and not config["EMAIL_HOST"]:
        raise ValueError("it names no mail server")
    return {name: config.get(name) for name in MAIL_SETTINGS}


def time_zone(name: str) -> str:
    """`name` as it is."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError) as error:
        raise ValueError(f"{name!r} is no time zone, such as Europe/Berlin") from error
    return name
