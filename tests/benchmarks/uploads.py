"""Large files in and out: how much of them is in the server's memory while they pass through it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import httpx

from tests.benchmarks.meter import Meter
from tests.benchmarks.report import Row, Section, progress
from tests.benchmarks.stage import FastEndpoint, Stage, running_stage
from tests.media import samples
from tests.servers.waiting import wait_until

FILE_BYTES = 20_000_000
AT_ONCE = 4
SAMPLING_SECONDS = 0.001
SETTLING_SECONDS = 1
MIB = 1 << 20


@dataclass(slots=True)
class Peak:
    """The server's memory in KiB: before, the most at any time, and afterwards."""

    before: float
    most: float
    after: float = 0

    @property
    def added_bytes(self) -> float:
        return (self.most - self.before) * 1024

    @property
    def kept_bytes(self) -> float:
        return (self.after - self.before) * 1024


@dataclass(frozen=True, slots=True)
class Sender:
    """Somebody who is signed in and has a conversation, before whose eyes files are uploaded and sent."""

    http: httpx.Client
    conversation: str
    path: str
    uploaded: list[str] = field(default_factory=list)

    def upload(self, content: bytes) -> None:
        """A document, which is to be sent as it is."""
        form = {"conversation": self.conversation}
        answer = self.http.post("/attachments/", data=form, files={"file": ("large.pdf", content)})
        assert answer.status_code == 201, answer.text
        attachment = answer.text.partition('name="attachment" value="')[2].partition('"')[0]
        described = self.http.post(f"/attachments/{attachment}/describe/", data={"sent_as": "file"})
        assert described.status_code == 200, described.text
        self.uploaded.append(attachment)

    def send(self, stage: Stage) -> None:
        """What was uploaded; returns when it is answered."""
        before = stage.endpoint.stats()["finished"]
        form = {"text": "Read this", "attachment": self.uploaded}
        answer = self.http.post(f"{self.path}messages/", data=form, headers={"HX-Request": "true"})
        assert answer.status_code == 204, answer.text
        self.uploaded.clear()
        wait_until(lambda: stage.endpoint.stats()["finished"] > before, "the file is answered", seconds=60)


def uploads(endpoint: FastEndpoint, *, quick: bool) -> Section:
    """Each measurement on a server that has just started, since memory that was used once is used again."""
    content = document(FILE_BYTES)
    rows: list[Row] = []
    with running_stage(endpoint) as stage:
        warm_up(stage)
        with senders(stage, 1) as (sender,):
            progress("uploads: one file")
            rows += compared("upload", measured(stage, lambda: sender.upload(content)), len(content))
            stage.site.restart()
            warm_up(stage)
            progress("uploads: one file, sent")
            received = stage.endpoint.stats()["received"]
            rows += compared("send", measured(stage, lambda: sender.send(stage)), len(content), limit=1.0)
            sent = stage.endpoint.stats()["received"] - received
            assert sent > len(content) * 4 / 3, f"the endpoint was sent {sent} bytes, and so not the file"
        if not quick:
            stage.site.restart()
            warm_up(stage)
            progress(f"uploads: {AT_ONCE} files at once")
            with senders(stage, AT_ONCE) as people, ThreadPoolExecutor(AT_ONCE) as threads:
                peak = measured(stage, lambda: list(threads.map(lambda one: one.upload(content), people)))
            rows += compared(f"{AT_ONCE} uploads at once", peak, AT_ONCE * len(content))
    return Section(f"Uploads: files of {FILE_BYTES / 1e6:.0f} MB, and the server's memory", rows)


def compared(name: str, peak: Peak, size: int, *, limit: float = 1.5) -> list[Row]:
    return [
        Row(f"{name}: added memory at most", peak.added_bytes / MIB, "MiB"),
        Row(f"{name}: the same as a share of the files", peak.added_bytes / size, "x", limit),
        Row(f"{name}: of it still there afterwards", peak.kept_bytes / MIB, "MiB"),
    ]


def document(size: int) -> bytes:
    """A PDF of so many bytes: a line of text, and random bytes that belong to no page."""
    filling = os.urandom(size - len(samples.pdf("Read this")) - 100)
    return samples.pdf("Read this", objects=(b"<</Length %d>>stream\n%s\nendstream" % (size, filling),))


@contextmanager
def senders(stage: Stage, count: int) -> Iterator[list[Sender]]:
    """New people, with the page of a conversation open."""
    with ExitStack() as open_clients:
        yield [
            sender_of(visitor, open_clients.enter_context(client(stage, visitor)))
            for visitor in stage.visitors(count, "prose-5")
        ]


def client(stage: Stage, visitor: dict[str, str]) -> httpx.Client:
    session = {"chatsite_session": visitor["session"]}
    return httpx.Client(base_url=stage.site.url, cookies=session, timeout=60)


def sender_of(visitor: dict[str, str], http: httpx.Client) -> Sender:
    http.get(visitor["path"]).raise_for_status()
    http.headers["X-CSRFToken"] = http.cookies["chatsite_csrf"]
    http.headers["X-Requested-With"] = "XMLHttpRequest"
    return Sender(http, visitor["conversation"], visitor["path"])


def warm_up(stage: Stage) -> None:
    """So that the server has seen the like of everything that follows, with a small file."""
    with senders(stage, 1) as (sender,):
        sender.upload(document(10_000))
        sender.send(stage)


def measured(stage: Stage, work: Callable[[], object]) -> Peak:
    """The server's memory while `work` goes on."""
    server = stage.server
    peak = Peak(before=server.memory_kib, most=server.memory_kib)
    with sampled(server, peak):
        work()
        time.sleep(SETTLING_SECONDS)
    peak.after = server.memory_kib
    return peak


@contextmanager
def sampled(server: Meter, peak: Peak) -> Iterator[None]:
    over = threading.Event()

    def watch() -> None:
        while not over.wait(SAMPLING_SECONDS):
            peak.most = max(peak.most, server.memory_kib)

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield
    finally:
        over.set()
        watching.join()
