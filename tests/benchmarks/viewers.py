"""`python -m tests.benchmarks.viewers URL`: people with an open page each, in one process.

Told what to do by lines of JSON on standard input (see tests/benchmarks/load.py), it answers each with one line.
Times are of the monotonic clock, which the endpoint stamps its tokens with.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import uvloop

from tests.frames import decoded

# Who has seen nothing new for so long will see nothing more.
PATIENCE_SECONDS = 20
OPENING_AT_ONCE = 20
STAMP = re.compile(r"\[(\d+) *\]")
COMPLETE = '"data-status","complete"'


@dataclass(slots=True)
class Seen:
    """What came over one socket since the answer was asked for."""

    asked_ns: int = 0
    first_ns: int = 0
    bytes: int = 0
    frames: int = 0
    last_stamp: int = 0
    latencies_ms: list[float] = field(default_factory=list)
    is_stored: asyncio.Future[bool] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    complete: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, data: str) -> None:
        now = time.monotonic_ns()
        self.bytes += len(data.encode())
        if data.startswith('{"t":"rev"'):
            if COMPLETE in data:
                self.complete.set()
        elif data.startswith(('{"t":"sent"', '{"t":"refused"')):
            self.is_stored.set_result(data.startswith('{"t":"sent"'))
        elif data.startswith(("[", '{"t":"snapshot"')):
            self.frames += 1
            if not self.first_ns and any(op[-1] for op in decoded(data)["ops"]):
                self.first_ns = now
            self._take_stamps(data, now)

    def _take_stamps(self, data: str, now: int) -> None:
        stamps = [stamp for text in STAMP.findall(data) if (stamp := int(text)) > self.last_stamp]
        self.latencies_ms += [(now - stamp) / 1e6 for stamp in stamps]
        self.last_stamp = max([self.last_stamp, *stamps])

    def report(self) -> dict[str, Any]:
        return {
            "complete": self.complete.is_set(),
            "first_token_ms": (self.first_ns - self.asked_ns) / 1e6 if self.first_ns else None,
            "bytes": self.bytes,
            "frames": self.frames,
        }


class Viewer:
    """Somebody who is signed in and has the page of a conversation open."""

    def __init__(self, http: aiohttp.ClientSession, site: str, visitor: dict[str, str]) -> None:
        self.seen = Seen()
        self._http = http
        self._site = site
        self._path = visitor["path"]
        self._headers = {"Cookie": f"chatsite_session={visitor['session']}", "Origin": site}

    async def open(self) -> None:
        """As a browser does: the page, then its socket."""
        async with self._http.get(self._site + self._path, headers=self._headers) as page:
            html = await page.text()
            page.raise_for_status()
        revision = re.search(r'data-rev="(\d+)"', html)
        assert revision is not None
        address = f"{self._site}/ws{self._path}?rev={revision[1]}&lang=en"
        self._socket = await self._http.ws_connect(address, headers=self._headers, max_msg_size=0)
        await self._socket.receive_str()
        self._reading = asyncio.create_task(self._read())

    async def ask(self, delay: float) -> bool:
        """Send a message as the page does; whether it was stored."""
        await asyncio.sleep(delay)
        message = {"t": "send", "key": secrets.token_hex(16), "text": "Go on", "model": ""}
        self.seen.asked_ns = time.monotonic_ns()
        await self._socket.send_str(json.dumps(message))
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self.seen.is_stored

    async def close(self) -> None:
        self._reading.cancel()
        await self._socket.close()

    async def _read(self) -> None:
        async for message in self._socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            self.seen.take(message.data)
            if message.data.startswith('{"t":"mark"'):
                # As the page does: the server learns how far it has come.
                await self._socket.send_str(message.data)


class Audience:
    """All viewers of the process; its public methods are the commands."""

    def __init__(self, http: aiohttp.ClientSession, site: str) -> None:
        self._http = http
        self._site = site
        self._viewers: list[Viewer] = []

    async def open(self, visitors: Iterable[dict[str, str]]) -> int:
        """Open the page of each visitor; returns how many are open."""
        self._viewers = [Viewer(self._http, self._site, visitor) for visitor in visitors]
        gate = asyncio.Semaphore(OPENING_AT_ONCE)

        async def open_one(viewer: Viewer) -> None:
            async with gate:
                await viewer.open()

        await asyncio.gather(*map(open_one, self._viewers))
        return len(self._viewers)

    async def ask(self, within: float) -> int:
        """Every viewer asks for an answer, evenly spread over `within` seconds; returns how many were accepted."""
        share = within / len(self._viewers)
        asking = (viewer.ask(number * share) for number, viewer in enumerate(self._viewers))
        return sum(stored is True for stored in await asyncio.gather(*asking, return_exceptions=True))

    async def latencies(self) -> list[float]:
        """How late each stamped token was, in milliseconds, of those seen since this was last asked."""
        taken = [latency for viewer in self._viewers for latency in viewer.seen.latencies_ms]
        for viewer in self._viewers:
            viewer.seen.latencies_ms.clear()
        return taken

    async def finish(self) -> list[dict[str, Any]]:
        """Wait until every page shows its answer as complete; returns what each has seen, and closes the pages."""
        waiting = {asyncio.create_task(viewer.seen.complete.wait()) for viewer in self._viewers}
        seen, now = -1, self._seen_bytes()
        while waiting and now > seen:
            _, waiting = await asyncio.wait(waiting, timeout=PATIENCE_SECONDS)
            seen, now = now, self._seen_bytes()
        for task in waiting:
            task.cancel()
        await asyncio.gather(*(viewer.close() for viewer in self._viewers))
        return [viewer.seen.report() for viewer in self._viewers]

    def _seen_bytes(self) -> int:
        return sum(viewer.seen.bytes for viewer in self._viewers)


async def obey(site: str) -> None:
    loop = asyncio.get_running_loop()
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as http:
        audience = Audience(http, site)
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            command, arguments = json.loads(line)
            print(json.dumps(await getattr(audience, command)(**arguments)), flush=True)


if __name__ == "__main__":
    uvloop.run(obey(sys.argv[1]))
