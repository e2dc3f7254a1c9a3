"""What the page asks of a browser: bytes, requests, time until it can be used, and work while an answer streams."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page

from tests.benchmarks.report import Row, Section, progress
from tests.benchmarks.stage import FastEndpoint, Stage, running_stage
from tests.servers.browser import running_browser

RATE = 100
WHEN_USABLE = """() => new Promise(resolve => {
  const look = () => customElements.get("chat-composer") && document.querySelector("#message-text")?.offsetParent
    ? resolve(performance.now())
    : requestAnimationFrame(look);
  look();
})"""
ANSWERED = ".message[data-role=assistant][data-status=complete]"


@dataclass
class Traffic:
    """What a page loads: bytes on the wire, and requests, the socket not counted."""

    wire_bytes: float = 0
    requests: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, page: Page) -> Traffic:
        traffic = cls()
        devtools = page.context.new_cdp_session(page)
        devtools.send("Network.enable")
        devtools.on("Network.requestWillBeSent", traffic._requested)
        devtools.on("Network.loadingFinished", traffic._finished)
        return traffic

    def _requested(self, event: dict[str, Any]) -> None:
        if event["request"]["url"].startswith("http"):
            self.requests.append(event["request"]["url"])

    def _finished(self, event: dict[str, Any]) -> None:
        self.wire_bytes += event["encodedDataLength"]


def browsing(endpoint: FastEndpoint, *, quick: bool) -> Section:
    """Headless Chromium, an empty cache for every page."""
    tokens = 1000 if quick else 4000
    with running_stage(endpoint) as stage, running_browser() as browser:
        (new,) = stage.visitors(1, f"mixed-{tokens};rate={RATE}")
        (long,) = stage.seed("long_conversations", lengths=[200])
        progress("browser: opening pages")
        # The first page of a browser pays for the browser.
        opened(browser, stage, new, "/")
        rows = [*first_page(browser, stage, new), *long_page(browser, stage, long)]
        progress(f"browser: an answer of {tokens} tokens at {RATE} tokens/s")
        rows += answer(browser, stage, new, tokens)
    return Section("In the browser", rows)


def first_page(browser: Browser, stage: Stage, visitor: dict[str, str]) -> list[Row]:
    context, page, traffic, usable = opened(browser, stage, visitor, "/")
    scripts = page.evaluate(
        "performance.getEntriesByType('resource').filter(entry => new URL(entry.name).pathname.endsWith('.js'))"
        ".map(entry => [entry.decodedBodySize, entry.encodedBodySize])"
    )
    context.close()
    return [
        Row("new conversation: until usable", usable, "ms", 400),
        Row("new conversation: requests", len(set(traffic.requests)), "", 12),
        Row("new conversation: bytes on the wire", traffic.wire_bytes / 1024, "KiB", 120),
        Row(
            "new conversation: scripts, before compression",
            sum(plain for plain, _ in scripts) / 1000,
            "kB",
            100,
        ),
        Row("new conversation: scripts, on the wire", sum(packed for _, packed in scripts) / 1000, "kB", 35),
    ]


def long_page(browser: Browser, stage: Stage, visitor: dict[str, str]) -> list[Row]:
    context, _, _, usable = opened(browser, stage, visitor, visitor["path"])
    context.close()
    return [Row("conversation of 200 messages: until usable", usable, "ms", 500)]


def answer(browser: Browser, stage: Stage, visitor: dict[str, str], tokens: int) -> list[Row]:
    """Type, send, watch it stream to its end."""
    context, page, _, _ = opened(browser, stage, visitor, visitor["path"])
    devtools = context.new_cdp_session(page)
    devtools.send("Performance.enable")
    before = main_thread_seconds(devtools)
    page.get_by_role("textbox", name="Message").fill("Go on")
    page.get_by_role("button", name="Send").click()
    page.wait_for_selector(ANSWERED, timeout=(tokens / RATE + 60) * 1000)
    lag = (time.monotonic_ns() - stage.endpoint.stats()["last_sent_ns"]) / 1e6
    used = main_thread_seconds(devtools) - before
    context.close()
    return [
        Row(f"{tokens:,} tokens at {RATE}/s: main thread", used, "s", 4 * tokens / 4000),
        Row(f"{tokens:,} tokens at {RATE}/s: complete on the page after the last", lag, "ms"),
    ]


def opened(
    browser: Browser, stage: Stage, visitor: dict[str, str], path: str
) -> tuple[BrowserContext, Page, Traffic, float]:
    """A page in a browser profile of its own, everything loaded; what that took, and the ms until it was usable."""
    context = browser.new_context(base_url=stage.site.url)
    host = urlsplit(stage.site.url).hostname
    context.add_cookies(
        [{"name": "chatsite_session", "value": visitor["session"], "domain": host, "path": "/"}]
    )
    page = context.new_page()
    traffic = Traffic.of(page)
    page.goto(path, wait_until="commit")
    usable = page.evaluate(WHEN_USABLE)
    page.wait_for_load_state("networkidle")
    return context, page, traffic, float(usable)


def main_thread_seconds(devtools: CDPSession) -> float:
    metrics = devtools.send("Performance.getMetrics")["metrics"]
    return float(next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration"))
