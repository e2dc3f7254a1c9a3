"""Downloads one file from an address that a user names, within limits of size, time and redirects.

Invariant: every hop passes the network policy, no more than `limit_bytes` are ever written or unpacked, and whatever
goes wrong with the network is a DownloadFailed.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator
from enum import StrEnum
from typing import BinaryIO

import httpx
import msgspec

from .address import BadAddress, host_of, read_address
from .gunzip import Gunzip
from .policy import AddressRefused, NetworkPolicy
from .transport import PolicyTransport

USER_AGENT = "Chatsite"
CONNECT_SECONDS = 5.0
GZIP_NAMES = ("gzip", "x-gzip")


class Reason(StrEnum):
    """Why there is no file."""

    BAD_ADDRESS = "bad_address"
    REFUSED_ADDRESS = "refused_address"
    NOT_FOUND = "not_found"  # any status that is no success
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"
    UNREACHABLE = "unreachable"  # no name, no connection, no trusted certificate, or it broke
    TOO_MANY_REDIRECTS = "too_many_redirects"
    BAD_RESPONSE = "bad_response"  # not HTTP, cut short, or packed in a way that was not asked for


class DownloadFailed(Exception):
    """`detail` is a plain sentence that names the host at most; `status` belongs to NOT_FOUND."""

    def __init__(self, reason: Reason, detail: str, *, status: int | None = None) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.status = status


class Downloaded(msgspec.Struct, frozen=True):
    """`url` is the last one after redirects; `media_type` is the sender's word, lower case, "" if there is none."""

    url: str
    media_type: str
    size: int


async def download(
    url: str,
    into: BinaryIO,
    *,
    policy: NetworkPolicy,
    limit_bytes: int,
    seconds: float = 20.0,
    most_redirects: int = 5,
    accept: str = "image/*",
) -> Downloaded:
    """Write the file at `url` into `into`, from where it stands; `seconds` is for all of it.

    Raises DownloadFailed, after which `into` may hold the file's beginning. `accept` is asked for, not insisted on:
    what the bytes are is for the caller to find out.
    """
    try:
        async with asyncio.timeout(seconds), PolicyTransport(policy) as transport:
            response = await _final_response(transport, url, accept, most_redirects)
            try:
                return await _received(response, into, limit_bytes)
            finally:
                await response.aclose()
    except TimeoutError as error:
        raise DownloadFailed(Reason.TOO_SLOW, f"The download took more than {seconds:g} seconds.") from error


async def _final_response(
    transport: PolicyTransport, address: str, accept: str, most_redirects: int
) -> httpx.Response:
    """The successful response at the end of the redirects, which the caller must close."""
    base: httpx.URL | None = None
    for _ in range(most_redirects + 1):
        try:
            url = read_address(address, base=base)
        except BadAddress as error:
            raise DownloadFailed(Reason.BAD_ADDRESS, str(error)) from error
        response = await _opened(transport, url, accept)
        if response.is_success:
            return response
        await response.aclose()
        if not response.has_redirect_location:
            detail = f"{host_of(url)} answered with status {response.status_code}."
            raise DownloadFailed(Reason.NOT_FOUND, detail, status=response.status_code)
        base, address = url, response.headers["location"]
    raise DownloadFailed(
        Reason.TOO_MANY_REDIRECTS, f"There were more than {most_redirects} redirects in a row."
    )


async def _opened(transport: PolicyTransport, url: httpx.URL, accept: str) -> httpx.Response:
    """Without a client, which would keep cookies and stumble over odd redirects before we have seen them."""
    headers = {"user-agent": USER_AGENT, "accept": accept, "accept-encoding": "identity"}
    patience = httpx.Timeout(None, connect=CONNECT_SECONDS).as_dict()
    request = httpx.Request("GET", url, headers=headers, extensions={"timeout": patience})
    try:
        response = await transport.handle_async_request(request)
    except AddressRefused as error:
        raise DownloadFailed(Reason.REFUSED_ADDRESS, str(error)) from error
    except (httpx.TransportError, OSError) as error:
        raise _broken(url, error) from error
    response.request = request
    return response


async def _received(response: httpx.Response, into: BinaryIO, limit_bytes: int) -> Downloaded:
    too_large = DownloadFailed(Reason.TOO_LARGE, f"The file is larger than {limit_bytes} bytes.")
    declared = response.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit_bytes:
        raise too_large
    size = 0
    async for piece in _unpacked(response):
        size += len(piece)
        if size > limit_bytes:
            raise too_large
        into.write(piece)
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return Downloaded(url=str(response.url), media_type=media_type, size=size)


async def _unpacked(response: httpx.Response) -> AsyncIterator[bytes]:
    """The file's own bytes: some servers keep files packed and send them so, whatever is asked for."""
    coding = response.headers.get("content-encoding", "").strip().lower()
    if coding in ("", "identity"):
        async for data in _raw(response):
            yield data
        return
    packed = f"The answer of {host_of(response.url)} is packed in a way that cannot be read."
    if coding not in GZIP_NAMES:
        raise DownloadFailed(Reason.BAD_RESPONSE, packed)
    gunzip = Gunzip()
    try:
        async for data in _raw(response):
            for piece in gunzip.feed(data):
                yield piece
    except zlib.error as error:
        raise DownloadFailed(Reason.BAD_RESPONSE, packed) from error
    if not gunzip.is_complete:
        raise DownloadFailed(Reason.BAD_RESPONSE, packed)


async def _raw(response: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for data in response.aiter_raw():
            yield data
    except (httpx.TransportError, OSError) as error:
        raise _broken(response.url, error) from error


def _broken(url: httpx.URL, error: Exception) -> DownloadFailed:
    host = host_of(url)
    if isinstance(error, httpx.ProtocolError):
        return DownloadFailed(Reason.BAD_RESPONSE, f"{host} did not answer in HTTP, or broke off.")
    return DownloadFailed(Reason.UNREACHABLE, f"{host} cannot be reached.")
