"""Decides which addresses may be dialled on a user's behalf.

Invariant: `resolve` is the only way from a name to an address, and gives out none that is neither public nor allowed.
Whoever dials must dial what it gave out: a name that is looked up again may have another answer.
"""

from __future__ import annotations

import asyncio
import functools
import re
import socket
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

import msgspec

from .address import BadAddress, host_of, read_address
from .public import Address, is_public, unmapped

HOST_AND_PORT = re.compile(r"(?P<host>\[[^\[\]]+\]|[^:\[\]/?#]+)(:(?P<port>[0-9]{1,5}))?")


class AddressRefused(Exception):
    """The host has no address that may be dialled; which ones it has is nobody's business."""

    def __init__(self, host: str) -> None:
        super().__init__(f"The address of {host} is not a public one.")
        self.host = host


class Rule(msgspec.Struct, frozen=True):
    """What an administrator allows: a name or a network, on one port or on all."""

    name: str = ""
    network: IPv4Network | IPv6Network | None = None
    port: int | None = None

    def allows_name(self, name: str, port: int) -> bool:
        return self.name == name and self.port in (None, port)

    def allows_address(self, address: Address, port: int) -> bool:
        return self.network is not None and address in self.network and self.port in (None, port)


class NetworkPolicy(msgspec.Struct, frozen=True):
    """Public addresses only, and what is `allowed` besides.

    allowed  names ("files.lan"), addresses ("10.0.0.7", "::1"), both also with a port ("files.lan:8080",
             "[::1]:8080"), and networks ("10.0.0.0/8"). Whatever an allowed name resolves to may be dialled.

    Raises ValueError for an entry that is none of these.
    """

    allowed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for entry in self.allowed:
            _rule(entry)

    async def resolve(self, host: str, port: int) -> list[Address]:
        """The addresses of `host` that may be dialled, the system's favourite first; never empty.

        Raises AddressRefused, or OSError if the host has no address at all.
        """
        addresses = await _addresses(host, port)
        rules = [_rule(entry) for entry in self.allowed]
        if any(rule.allows_name(_plain(host), port) for rule in rules):
            return addresses
        permitted = [
            address
            for address in addresses
            if is_public(address) or any(rule.allows_address(address, port) for rule in rules)
        ]
        if not permitted:
            raise AddressRefused(host)
        return permitted


@functools.lru_cache(maxsize=256)
def _rule(entry: str) -> Rule:
    """Raises ValueError."""
    text = entry.strip()
    if network := _network(text):
        return Rule(network=network)
    found = HOST_AND_PORT.fullmatch(text)
    port = int(found["port"]) if found and found["port"] else None
    if found is None or port == 0 or (port or 0) > 65535:
        raise ValueError(f"{entry!r} is no host, host:port or network")
    if network := _network(found["host"].strip("[]")):
        return Rule(network=network, port=port)
    try:
        host = host_of(read_address(f"http://{found['host']}/"))
    except BadAddress as error:
        raise ValueError(f"{entry!r} is no host, host:port or network") from error
    return Rule(name=_plain(host), port=port)


def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        # No address that is dialled has a zone, so none is allowed by its zone.
        return None if "%" in text else ip_network(text)
    except ValueError:
        return None


def _plain(host: str) -> str:
    """The one spelling of a name that has several."""
    return host.lower().rstrip(".")


async def _addresses(host: str, port: int) -> list[Address]:
    """All addresses of a host, each once. Raises OSError."""
    try:
        return [unmapped(ip_address(host))]
    except ValueError:
        pass
    try:
        # Numbers such as 127.1 and 2130706433 come back as the addresses that the system takes them for.
        answers = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except ValueError as error:
        # Labels that are empty or too long.
        raise socket.gaierror(socket.EAI_NONAME, f"{host} is no name of a host") from error
    found = [unmapped(ip_address(address[0])) for _, _, _, _, address in answers]
    return list(dict.fromkeys(found))
