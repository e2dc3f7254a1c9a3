"""Which addresses belong to the public Internet, by IANA's registries of special addresses.

Invariant: an address that stands for another one (IPv4 within IPv6) is public only if that one is. The tables are our
own, because those of Python's `ipaddress` differ from one version to the next and leave unassigned space public.

https://www.iana.org/assignments/iana-ipv4-special-registry
https://www.iana.org/assignments/iana-ipv6-special-registry
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address

SPECIAL_IPV4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network, and the unspecified address
        "10.0.0.0/8",
        "100.64.0.0/10",  # between providers and their customers (CGNAT)
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, where clouds keep their metadata
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",  # the relays of 6to4
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
# All that has ever been assigned to the public: loopback, local, multicast and reserved space lie outside.
GLOBAL_UNICAST = IPv6Network("2000::/3")
SPECIAL_IPV6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocols, among them Teredo
        "2001:db8::/32",
        "3fff::/20",  # documentation too
    )
)
NAT64 = IPv6Network("64:ff9b::/96")


def is_public(address: Address) -> bool:
    """Whether anybody may be sent there."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in SPECIAL_IPV4)
    inner = _inner(address)
    if inner is not None:
        return is_public(inner)
    return address in GLOBAL_UNICAST and not any(address in network for network in SPECIAL_IPV6)


def unmapped(address: Address) -> Address:
    """The IPv4 address that the system dials for an IPv4-mapped one; any other as it is."""
    return getattr(address, "ipv4_mapped", None) or address


def _inner(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address to which gateways pass on what is sent to this one."""
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour
