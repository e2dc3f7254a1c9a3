"""Reads the addresses that people and redirects name, and refuses every one that could mean two things.

Invariant: a URL that comes out of here is http or https, names a host in plain ASCII, and carries no credentials.
"""

from __future__ import annotations

import ipaddress
import re

import httpx

# Nothing of percent-encodings, backslashes and spaces, which one reader takes for a part of the name, another not.
HOST_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?", re.IGNORECASE)
LONGEST_HOST = 253
DEFAULT_PORTS = {"http": 80, "https": 443}


class BadAddress(ValueError):
    """Not an address that can be dialled; the message says why, and never repeats the address."""


def read_address(text: str, *, base: httpx.URL | None = None) -> httpx.URL:
    """The URL that `text` names, against `base` if it is relative, without its fragment. Raises BadAddress."""
    try:
        url = httpx.URL(text.strip()) if base is None else base.join(text.strip())
    except (httpx.InvalidURL, ValueError) as error:
        # ValueError: names that only the codecs of international names refuse.
        raise BadAddress("This is not a usable address.") from error
    if url.scheme not in DEFAULT_PORTS:
        raise BadAddress("Only http:// and https:// addresses can be used.")
    if url.userinfo:
        raise BadAddress("An address with a name or password in it cannot be used.")
    if not _has_host(url):
        raise BadAddress("The address names no usable host.")
    if not 1 <= port_of(url) <= 65535:
        raise BadAddress("The address names no usable port.")
    return url.copy_with(fragment=None)


def host_of(url: httpx.URL) -> str:
    """The host as it is looked up: ASCII, an IPv6 address without its brackets."""
    return url.raw_host.decode("ascii")


def port_of(url: httpx.URL) -> int:
    """The port that is dialled."""
    return DEFAULT_PORTS[url.scheme] if url.port is None else url.port


def _has_host(url: httpx.URL) -> bool:
    host = host_of(url)
    try:
        if ":" in host:
            return ipaddress.IPv6Address(host).scope_id is None
        # `url.host` decodes an international name, and raises for what only looks like one.
        return url.host != "" and len(host) <= LONGEST_HOST and HOST_NAME.fullmatch(host) is not None
    except ValueError:
        return False
