"""Chooses how bytes reach an endpoint: aiohttp's parser where it is installed, httpx's own, or the demo.

Invariant: one connection pool per client, wide enough for `max_connections` streams at once; no cookies; a
proxy from the environment is used for every host but this machine itself.
"""

import functools
import ssl
import urllib.request
from typing import TYPE_CHECKING

import httpx

from .config import EndpointConfig
from .demo import DEMO_BASE_URL, DemoTransport

try:
    import aiohttp
    import httpx_aiohttp
except ImportError:  # no wheel for this platform: httpx's own transport does the same, slower
    aiohttp = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from aiohttp import ClientSession

KEEP_ALIVE_SECONDS = 30.0
# Security policies in headers of gateways outgrow aiohttp's usual 8 kB.
LONGEST_HEADER = 65_536
PROXY_SCHEMES = ("http", "https")


class UnsupportedProxy(Exception):
    """The environment names a proxy of a kind that cannot be used here."""


def transport_for(config: EndpointConfig) -> httpx.AsyncBaseTransport:
    """A fresh transport for the endpoint's address. Raises httpx.InvalidURL, UnsupportedProxy."""
    if config.url.scheme == httpx.URL(DEMO_BASE_URL).scheme:
        return DemoTransport()
    proxy = environment_proxy(config)
    context = tls_context(config.verify_tls)
    limits = httpx.Limits(
        max_connections=config.max_connections,
        max_keepalive_connections=config.max_connections,
        keepalive_expiry=KEEP_ALIVE_SECONDS,
    )
    if aiohttp is None:
        return httpx.AsyncHTTPTransport(verify=context, limits=limits, proxy=proxy)
    session = functools.partial(_session, context, config.max_connections)
    return httpx_aiohttp.AiohttpTransport(verify=context, limits=limits, proxy=proxy, client=session)


def environment_proxy(config: EndpointConfig) -> httpx.Proxy | None:
    """The proxy that the environment names for the endpoint's host, if any."""
    url = config.url
    if config.is_loopback or urllib.request.proxy_bypass(url.netloc.decode("ascii")):
        return None
    proxies = urllib.request.getproxies()
    address = proxies.get(url.scheme) or proxies.get("all")
    if not address:
        return None
    if "://" not in address:
        address = f"http://{address}"
    proxy = httpx.URL(address)
    if proxy.scheme not in PROXY_SCHEMES:
        raise UnsupportedProxy(f"a proxy of the kind {proxy.scheme}")
    return httpx.Proxy(proxy)


@functools.cache
def tls_context(verify: bool) -> ssl.SSLContext:
    """Shared, because reading the certificates costs more than a request."""
    return httpx.create_ssl_context(verify=verify)


def _session(context: ssl.SSLContext, max_connections: int) -> "ClientSession":
    connector = aiohttp.TCPConnector(
        ssl=context, limit=max_connections, limit_per_host=0, keepalive_timeout=KEEP_ALIVE_SECONDS
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        max_line_size=LONGEST_HEADER,
        max_field_size=LONGEST_HEADER,
    )
