"""Maps every error of httpx, aiohttp, ssl and the sockets into EndpointError: the only place that knows them.

Invariant: the message is a plain sentence that names the host, and never the key or the full address.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence

import httpx
import msgspec

from conversations.protocol.errors import EndpointError, ErrorKind, Retry

from .config import EndpointConfig
from .transports import UnsupportedProxy

try:
    from aiohttp import ClientError
    from aiohttp import ClientHttpProxyError as HttpProxyError
    from aiohttp import ClientPayloadError as PayloadError
    from aiohttp import ClientProxyConnectionError as ProxyConnectionError
    from aiohttp import ClientResponseError as ResponseError
    from aiohttp import ServerDisconnectedError as DisconnectedError
except ImportError:  # httpx's own transport raises its own errors only
    ClientError = HttpProxyError = PayloadError = ProxyConnectionError = httpx.NetworkError  # type: ignore
    DisconnectedError = httpx.ReadError  # type: ignore
    ResponseError = httpx.RemoteProtocolError  # type: ignore

# What sending a request and reading its reply may raise; asyncio.CancelledError is never among them.
# ValueError: names and numbers that only the sockets, aiohttp or a codec refuse.
TRANSPORT_ERRORS = (
    httpx.HTTPError,
    httpx.InvalidURL,
    ClientError,
    ssl.SSLError,
    OSError,
    ValueError,
    UnsupportedProxy,
)


class FaultRule(msgspec.Struct, frozen=True):
    """An error's types, and what they mean; `text` may use {host} and {detail}."""

    types: tuple[type[BaseException], ...]
    kind: ErrorKind
    retry: Retry
    text: str
    applies: Callable[[BaseException], bool] = lambda error: True


def _is_not_tls(error: BaseException) -> bool:
    return "WRONG_VERSION_NUMBER" in str(error) or "UNEXPECTED_EOF" in str(error)


# The first rule that fits any error of the chain decides: the most telling first.
RULES = (
    FaultRule((httpx.InvalidURL, httpx.UnsupportedProtocol), ErrorKind.UNREACHABLE, Retry.NO,
              "The address of this endpoint is not a usable http or https address."),
    FaultRule((UnsupportedProxy,), ErrorKind.UNREACHABLE, Retry.NO,
              "The environment names {detail}, which cannot be used to reach {host}."),
    FaultRule((httpx.ProxyError, ProxyConnectionError, HttpProxyError), ErrorKind.UNREACHABLE, Retry.YES,
              "The proxy did not let a connection to {host} through."),
    FaultRule((ssl.SSLCertVerificationError,), ErrorKind.UNREACHABLE, Retry.NO,
              "The certificate of {host} is not trusted ({detail})."),
    FaultRule((ssl.SSLError,), ErrorKind.UNREACHABLE, Retry.NO,
              "{host} does not speak TLS on this port: try http:// instead of https://.", _is_not_tls),
    FaultRule((ssl.SSLError,), ErrorKind.UNREACHABLE, Retry.NO,
              "A secure connection to {host} could not be made ({detail})."),
    FaultRule((socket.gaierror,), ErrorKind.UNREACHABLE, Retry.YES,
              "There is no address for the name {host}."),
    FaultRule((ConnectionRefusedError,), ErrorKind.UNREACHABLE, Retry.YES,
              "{host} refused the connection: nothing seems to listen there."),
    FaultRule((httpx.DecodingError,), ErrorKind.BAD_RESPONSE, Retry.NO,
              "The reply of {host} is compressed in a way that cannot be read."),
    FaultRule((httpx.LocalProtocolError, UnicodeError), ErrorKind.INVALID_REQUEST, Retry.NO,
              "A header for {host} holds characters that cannot be sent."),
    FaultRule((PayloadError,), ErrorKind.UNREACHABLE, Retry.YES,
              "{host} closed the connection before its reply was whole."),
    FaultRule((ResponseError,), ErrorKind.BAD_RESPONSE, Retry.NO,
              "{host} did not answer in HTTP: is the port right, and http or https?"),
    FaultRule((httpx.RemoteProtocolError,), ErrorKind.BAD_RESPONSE, Retry.NO,
              "{host} did not answer in HTTP: is the port right, and http or https?",
              lambda error: "illegal" in str(error).lower()),
    FaultRule((ConnectionError, DisconnectedError, httpx.ReadError, httpx.RemoteProtocolError),
              ErrorKind.UNREACHABLE, Retry.YES,
              "{host} closed the connection before it answered."),
    FaultRule((httpx.TimeoutException, TimeoutError), ErrorKind.UNREACHABLE, Retry.YES,
              "{host} did not accept a connection in time."),
    FaultRule((ValueError,), ErrorKind.UNREACHABLE, Retry.NO,
              "The address or a header of {host} is not one that can be used."),
)  # fmt: skip


def endpoint_error(error: BaseException, config: EndpointConfig) -> EndpointError:
    """The error of a request that got no answer, in the protocol's terms."""
    chain = list(_chain(error))
    for rule in RULES:
        for cause in chain:
            if isinstance(cause, rule.types) and rule.applies(cause):
                text = rule.text.format(host=config.host, detail=_detail(cause, chain))
                return EndpointError(rule.kind, text, retry=rule.retry)
    return EndpointError(ErrorKind.UNREACHABLE, f"{config.host} cannot be reached.", retry=Retry.YES)


def no_first_byte(config: EndpointConfig) -> EndpointError:
    """Nothing came in time; asking again may cost money twice, so a person decides."""
    seconds = config.first_byte_timeout_seconds
    message = f"{config.host} did not begin to answer within {seconds:g} seconds."
    return EndpointError(ErrorKind.TIMEOUT, message, retry=Retry.USER)


def went_silent(config: EndpointConfig) -> EndpointError:
    """The answer began, then no byte came for the idle time."""
    message = f"{config.host} sent nothing more for {config.idle_timeout_seconds:g} seconds."
    return EndpointError(ErrorKind.TIMEOUT, message, retry=Retry.USER)


def interrupted(config: EndpointConfig, status: int) -> EndpointError:
    """The connection broke after the reply had begun."""
    message = f"The answer was interrupted: the connection to {config.host} broke before its end."
    return EndpointError(ErrorKind.INCOMPLETE_STREAM, message, retry=Retry.YES, status=status)


def redirected(status: int, config: EndpointConfig) -> EndpointError:
    """Not followed: a redirect may turn a POST into a GET, or carry the key to another host."""
    message = (
        f"{config.host} redirects to another address: put the final address into the endpoint's settings."
    )
    return EndpointError(ErrorKind.BAD_RESPONSE, message, status=status)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and its causes; aiohttp hides the socket's error in `os_error` and `certificate_error`."""
    seen: list[BaseException] = []
    waiting = [error]
    while waiting:
        cause = waiting.pop(0)
        if cause is None or cause in seen or isinstance(cause, asyncio.CancelledError):
            continue
        seen.append(cause)
        waiting += [getattr(cause, "os_error", None), getattr(cause, "certificate_error", None)]
        waiting += [cause.__cause__, cause.__context__]
    yield from seen


def _detail(error: BaseException, chain: Sequence[BaseException]) -> str:
    """What ssl says in a few words, wherever it is in the chain, or else the error's own text."""
    for name in ("verify_message", "reason"):
        words = [word for cause in chain if isinstance(word := getattr(cause, name, None), str) and word]
        if words:
            return words[0].replace("_", " ").lower()
    return str(error)
