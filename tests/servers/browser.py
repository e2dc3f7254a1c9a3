"""A real Chromium: the system's own, else the one that Playwright has downloaded."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

SYSTEM_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def system_browser() -> str | None:
    return next((path for name in SYSTEM_BROWSERS if (path := shutil.which(name))), None)


@contextmanager
def running_browser(*switches: str) -> Iterator[Browser]:
    """Each test starts its own: Playwright's synchronous loop would stand in the way of asynchronous tests."""
    # Chromium refuses to run its sandbox as root, as in a container.
    arguments = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=system_browser(), args=[*arguments, *switches])
        yield browser
        browser.close()


def watch(page: Page, problems: list[str]) -> None:
    """Add what goes wrong inside the page to `problems`."""

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            problems.append(f"console: {message.text} ({message.location.get('url', '')})")

    page.on("console", on_console)
    page.on("pageerror", lambda error: problems.append(f"page error: {error}"))
