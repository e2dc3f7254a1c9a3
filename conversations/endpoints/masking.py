"""What must never be shown of one endpoint: its key and all else that its configuration keeps secret.

Some endpoints repeat in their messages what they were sent, in any form.
"""

import re
from base64 import b64encode
from collections.abc import Iterator
from urllib.parse import quote, unquote

import httpx

from conversations.protocol.key_masking import Mask, mask_keys

from .config import EndpointConfig

# Anything shorter is a placeholder, or a word that messages may well hold.
SHORTEST_SECRET = 6
# What servers without keys are given, since clients insist on one.
PLACEHOLDERS = {
    "ollama",
    "lm-studio",
    "lmstudio",
    "llama.cpp",
    "llama-cpp",
    "openai",
    "not-needed",
    "no-key-required",
}
# Headers and members of an address that only say how an endpoint is to be asked; all others may be secrets.
IS_PUBLIC = re.compile(
    r"accept.*|content-type|user-agent|(http-)?referer|x-title|.*version|model|deployment", re.IGNORECASE
)


def mask_for(config: EndpointConfig) -> Mask:
    """Takes this endpoint's secrets out of a text, whole as they are, and then what looks like a key."""
    forms = {
        form for secret in _secrets(config) for form in (secret, quote(secret, safe=""), unquote(secret))
    }
    secrets = {form for form in forms if len(form) >= SHORTEST_SECRET and form.lower() not in PLACEHOLDERS}
    longest_first = sorted(secrets, key=len, reverse=True)

    def mask(text: str) -> str:
        for secret in longest_first:
            text = text.replace(secret, "***")
        return mask_keys(text)

    return mask


def basic_authorization(name: str, password: str) -> str:
    """The value of the header that carries a name and a password."""
    return f"Basic {b64encode(f'{name}:{password}'.encode()).decode()}"


def _secrets(config: EndpointConfig) -> Iterator[str]:
    yield config.api_key.strip()
    for name, value in config.headers.items():
        if not IS_PUBLIC.fullmatch(name):
            yield value.strip()
            yield from value.split()[-1:]  # behind a scheme such as "Bearer"
    try:
        credentials, url = config.credentials, config.url
    except httpx.InvalidURL:
        return
    if credentials:
        yield credentials[1]
        yield basic_authorization(*credentials).split()[-1]
    yield from (value for name, value in url.params.multi_items() if not IS_PUBLIC.fullmatch(name))
