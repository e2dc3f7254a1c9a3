"""What is known about an endpoint before it is called: address, key, patience, peculiarities.

Invariant: neither `repr` nor any message built from a configuration shows the key or a password in the address.
"""

import ipaddress
from typing import Any

import httpx
import msgspec

CHAT_PATH = "/chat/completions"


class EndpointConfig(msgspec.Struct, frozen=True, kw_only=True):
    """One endpoint. All times are seconds; there is no limit on the whole of an answer.

    id                          names the endpoint across changes of its configuration ("" when it has no such name)
    base_url                    with or without a slash at its end; "/v1" is neither added nor removed; a query is kept;
                                a name and password in it are sent as Basic authorization, in place of the key
    first_byte_timeout_seconds  from the start of the request to the first byte of the reply's body
    idle_timeout_seconds        between any two bytes after that; comments count
    include_usage               False for an endpoint that refuses stream_options
    token_limit                 "max_tokens" or "max_completion_tokens": the only name that the endpoint takes
    extra_body                  members merged into every request where it does not set them itself
    removed_parameters          members that the endpoint refuses
    """

    name: str
    base_url: str
    id: str = ""
    api_key: str = ""
    headers: dict[str, str] = {}
    connect_timeout_seconds: float = 10
    first_byte_timeout_seconds: float = 600
    idle_timeout_seconds: float = 180
    list_timeout_seconds: float = 30
    retries: int = 2
    retry_wait_seconds: float = 0.5
    longest_retry_wait_seconds: float = 120
    max_connections: int = 1000
    verify_tls: bool = True
    include_usage: bool = True
    token_limit: str = ""
    extra_body: dict[str, Any] = {}
    removed_parameters: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"EndpointConfig(name={self.name!r}, host={self.host!r})"

    @property
    def url(self) -> httpx.URL:
        """The address that paths are added to, without the password in it. Raises httpx.InvalidURL."""
        url = self._given_url.copy_with(userinfo=b"")
        path, question, query = url.raw_path.partition(b"?")
        path = path.rstrip(b"/").removesuffix(CHAT_PATH.encode()).rstrip(b"/")
        return url.copy_with(raw_path=(path or b"/") + question + query)

    @property
    def credentials(self) -> tuple[str, str] | None:
        """Name and password in the address, if there are any. Raises httpx.InvalidURL."""
        url = self._given_url
        return (url.username, url.password) if url.userinfo else None

    @property
    def host(self) -> str:
        """Host and port as people read them, for messages."""
        try:
            url = self.url
        except httpx.InvalidURL:
            return "the endpoint"
        return f"{url.host}:{url.port}" if url.port else url.host or "the endpoint"

    @property
    def is_loopback(self) -> bool:
        host = self.url.host
        if host == "localhost" or host.endswith(".localhost"):
            return True
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        return address.is_loopback or address.is_unspecified

    def address(self, path: str) -> httpx.URL:
        """The full address of a path such as "/models"."""
        url = self.url
        # Only the raw path tells a slash from a "%2F" that belongs to a name.
        own, question, query = url.raw_path.partition(b"?")
        return url.copy_with(raw_path=own.rstrip(b"/") + path.encode() + question + query)

    def at(self, path: bytes) -> "EndpointConfig":
        """The same endpoint at another path."""
        url = self._given_url
        query = url.raw_path.partition(b"?")[1:]
        address = url.copy_with(raw_path=b"".join([path or b"/", *query]))
        return msgspec.structs.replace(self, base_url=str(address))

    @property
    def _given_url(self) -> httpx.URL:
        text = self.base_url.strip()
        if "://" not in text:
            text = f"http://{text}"
        try:
            url = httpx.URL(text)
            # Some hosts are refused only when they are read, or looked up.
            _ = url.host
            url.raw_host.decode("ascii").rstrip(".").encode("idna")
        except UnicodeError as error:
            raise httpx.InvalidURL("the address cannot be written as one") from error
        return url
