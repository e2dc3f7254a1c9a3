"""Which addresses are dialled at all, before anybody asks where they lead."""

import httpx
import pytest

from conversations.network import BadAddress
from conversations.network.address import host_of, port_of, read_address


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("http://example.com/a.png", "example.com", 80),
        ("  HTTPS://Example.COM:8443/a?b#c\n", "example.com", 8443),
        ("https://münchen.example/", "xn--mnchen-3ya.example", 443),
        ("http://127。0。0。1/", "127.0.0.1", 80),
        ("http://[::ffff:127.0.0.1]:81/", "::ffff:127.0.0.1", 81),
        ("http://2130706433/", "2130706433", 80),
        ("http://localhost./", "localhost.", 80),
        ("http://a_b.example", "a_b.example", 80),
    ],
)
def test_an_address_names_its_host_and_port(text: str, host: str, port: int) -> None:
    url = read_address(text)
    assert (host_of(url), port_of(url)) == (host, port)
    assert url.fragment == ""


@pytest.mark.parametrize(
    "text",
    [
        *("", "example.com/a.png", "//example.com/", "file:///etc/passwd", "ftp://example.com/", "data:,x"),
        *("javascript:alert(1)", "http://", "http:///x", "http:/x", "http://user:pass@example.com/"),
        *(
            "http://user@example.com/",
            "http://:pass@example.com/",
            "http://example.com:0/",
            "http://h:65536/",
        ),
        *("http://h:80:90/", "http://h:8 0/", "http://[::1/", "http://[fe80::1%25eth0]/", "http://[::g]/"),
        *("http://127%2e0.0.1/", "http://a\\b/", "http://exa mple/", "http://exa\tmple/", "http://a..b/"),
        *(
            "http://.example/",
            "http://１２７.０.０.１/",
            "http://ⓛocalhost/",
            "http://xn--/",
            "http://h\u200b/",
        ),
        *("http://h\x00/", "http://" + "a" * 300, "http://h/" + "a" * 70_000, "http://*.example/"),
    ],
)
def test_an_address_that_is_odd_or_ambiguous_is_refused(text: str) -> None:
    with pytest.raises(BadAddress) as refused:
        read_address(text)
    assert "pass" not in str(refused.value).replace("password", "")


@pytest.mark.parametrize(
    ("location", "leads_to"),
    [
        ("/b.png", "https://example.com:8443/b.png"),
        ("b.png?x=1", "https://example.com:8443/a/b.png?x=1"),
        ("//other.example/c", "https://other.example/c"),
        ("http://[::1]/", "http://[::1]/"),
    ],
)
def test_a_redirect_is_read_against_where_it_came_from(location: str, leads_to: str) -> None:
    base = httpx.URL("https://example.com:8443/a/first.png")
    assert str(read_address(location, base=base)) == leads_to


@pytest.mark.parametrize("location", ["file:///etc/passwd", "//u:p@h/", "http://a\\b/", "http://[::1"])
def test_a_redirect_is_held_to_the_same_rules(location: str) -> None:
    with pytest.raises(BadAddress):
        read_address(location, base=httpx.URL("https://example.com/"))
