"""No address but a public one passes, however it is written or wrapped, unless an administrator allows it."""

import ipaddress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversations.network import AddressRefused, NetworkPolicy
from conversations.network.public import is_public

INSIDE = [
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
    *("192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4"),
    *("::/128", "::1/128", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8", "64:ff9b:1::/48", "100::/64"),
    *("2001::/32", "2001:db8::/32", "::/96", "::ffff:0:0:0/96", "4000::/3", "8000::/1"),
]
PUBLIC = ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2001:4860:4860::8888", "2606:4700::1111"]


def inside(network: str) -> st.SearchStrategy[Any]:
    net = ipaddress.ip_network(network)
    return st.ip_addresses(network=net)


special = st.sampled_from(INSIDE).flatmap(inside)
special_ipv4 = st.sampled_from([net for net in INSIDE if ":" not in net]).flatmap(inside)


def wrappings(address: ipaddress.IPv4Address) -> list[ipaddress.IPv6Address]:
    """IPv4-mapped, NAT64, 6to4 (with anything behind it), IPv4-compatible, IPv4-translated, Teredo."""
    number = int(address)
    return [
        ipaddress.IPv6Address((0xFFFF << 32) | number),
        ipaddress.IPv6Address((0x64FF9B << 96) | number),
        ipaddress.IPv6Address((0x2002 << 112) | (number << 80) | 1),
        ipaddress.IPv6Address(number),
        ipaddress.IPv6Address((0xFFFF << 48) | number),
        ipaddress.IPv6Address((0x20010000 << 96) | (number ^ 0xFFFFFFFF)),
    ]


async def is_refused(policy: NetworkPolicy, host: str, port: int = 80) -> bool:
    try:
        await policy.resolve(host, port)
    except AddressRefused:
        return True
    return False


@settings(deadline=None)
@given(address=special)
async def test_nothing_inside_special_space_ever_passes(address: Any) -> None:
    assert await is_refused(NetworkPolicy(), str(address))


@settings(deadline=None)
@given(address=special_ipv4)
async def test_nothing_inside_special_space_passes_in_a_wrapping(address: ipaddress.IPv4Address) -> None:
    assert [
        str(outer) for outer in wrappings(address) if not await is_refused(NetworkPolicy(), str(outer))
    ] == []


@settings(deadline=None)
@given(address=st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_we_are_never_laxer_than_the_standard_library(address: Any) -> None:
    inner = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None) or address
    translated = address in ipaddress.ip_network("64:ff9b::/96")
    if is_public(address) and not translated:
        assert inner.is_global
        kinds = (
            "is_private",
            "is_reserved",
            "is_multicast",
            "is_link_local",
            "is_loopback",
            "is_unspecified",
        )
        assert [kind for kind in kinds if getattr(inner, kind)] == []


@settings(deadline=None)
@given(address=special_ipv4)
async def test_the_old_spellings_of_numbers_hide_nothing(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    spellings = [str(number), hex(number), f"{number >> 24}.{number & 0xFFFFFF}", f"0{number:o}"]
    assert [text for text in spellings if not await is_refused(NetworkPolicy(), text)] == []


@pytest.mark.parametrize("address", PUBLIC)
async def test_public_addresses_pass(address: str) -> None:
    assert await NetworkPolicy().resolve(address, 443) == [ipaddress.ip_address(address)]


async def test_a_public_address_passes_through_a_translator_and_unwrapped_where_the_system_unwraps_it() -> (
    None
):
    through = ipaddress.ip_address("64:ff9b::808:808")
    assert await NetworkPolicy().resolve(str(through), 80) == [through]
    assert await NetworkPolicy().resolve("::ffff:8.8.8.8", 80) == [ipaddress.ip_address("8.8.8.8")]


async def test_a_name_is_judged_by_what_it_resolves_to(names: Any) -> None:
    names.answers = {
        "inside.example": [["10.0.0.1"]],
        "mixed.example": [["10.0.0.1", "8.8.8.8", "fe80::1%1", "8.8.8.8", "::ffff:1.1.1.1"]],
    }
    assert await is_refused(NetworkPolicy(), "inside.example")
    found = await NetworkPolicy().resolve("mixed.example", 443)
    assert [str(address) for address in found] == ["8.8.8.8", "1.1.1.1"]


@pytest.mark.parametrize("host", ["localhost", "127.1", "127.0.0.1", "::1"])
async def test_this_machine_is_refused_under_each_of_its_names(host: str) -> None:
    with pytest.raises(AddressRefused, match=f"^The address of {host} is not a public one.$"):
        await NetworkPolicy().resolve(host, 80)


@pytest.mark.parametrize("host", ["nowhere.invalid", "a..b", "x" * 64 + ".example"])
async def test_a_name_without_an_address_is_an_ordinary_error(host: str) -> None:
    with pytest.raises(OSError):
        await NetworkPolicy().resolve(host, 80)


@pytest.mark.parametrize(
    ("allowed", "host", "port", "passes"),
    [
        ("127.0.0.0/8", "127.8.8.8", 80, True),
        ("127.0.0.1", "127.0.0.1", 4000, True),
        ("127.0.0.1", "127.0.0.2", 4000, False),
        ("127.0.0.1:8080", "127.0.0.1", 8080, True),
        ("127.0.0.1:8080", "127.0.0.1", 80, False),
        ("127.0.0.1:80", "127.0.0.1", 443, False),
        ("127.0.0.1", "::ffff:127.0.0.1", 80, True),
        ("127.0.0.1", "64:ff9b::7f00:1", 80, False),
        ("10.0.0.0/8", "127.0.0.1", 80, False),
        ("::1", "::1", 80, True),
        ("[::1]:8080", "::1", 8080, True),
        ("[::1]:8080", "::1", 8081, False),
        ("fd00::/8", "fd12::1", 80, True),
        ("fd00::/8", "fe80::1", 80, False),
    ],
)
async def test_an_administrator_may_allow_addresses(allowed: str, host: str, port: int, passes: bool) -> None:
    assert await is_refused(NetworkPolicy(allowed=(allowed,)), host, port) is not passes


@pytest.mark.parametrize(
    ("allowed", "host", "port", "passes"),
    [
        ("files.lan", "files.lan", 80, True),
        ("Files.LAN.", "files.lan", 80, True),
        ("files.lan", "FILES.lan.", 80, True),
        ("files.lan:8080", "files.lan", 8080, True),
        ("files.lan:80", "files.lan", 443, False),
        ("files.lan", "other.files.lan", 80, False),
        ("münchen.lan", "xn--mnchen-3ya.lan", 80, True),
        ("10.0.0.0/8", "files.lan", 80, True),
    ],
)
async def test_an_administrator_may_allow_names(
    names: Any, allowed: str, host: str, port: int, passes: bool
) -> None:
    names.answers = {host: [["10.0.0.1"]]}
    assert await is_refused(NetworkPolicy(allowed=(allowed,)), host, port) is not passes


@pytest.mark.parametrize(
    "entry",
    [
        *(
            "",
            " ",
            "10.0.0.1/8",
            "10.0.0.0/33",
            "http://files.lan",
            "files.lan/x",
            "files.lan:",
            "files.lan:0",
        ),
        *("files.lan:65536", "a@files.lan", "::1:::", "[::1", "fe80::1%eth0", "*.lan", "a..b"),
    ],
)
def test_an_entry_that_allows_nothing_is_refused_at_once(entry: str) -> None:
    with pytest.raises(ValueError, match="no host, host:port or network"):
        NetworkPolicy(allowed=(entry,))
