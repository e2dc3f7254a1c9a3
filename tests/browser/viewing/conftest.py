"""A browser whose microphone hums, and a site that is the page of attachments alone."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.viewing.site import ViewingSite, page, running_viewing_site
from tests.servers.browser import system_browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One whose microphone hums."""
    arguments = ["--no-sandbox", "--use-fake-device-for-media-stream"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=system_browser(), args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def running_site() -> Iterator[ViewingSite]:
    with running_viewing_site() as site:
        yield site


@pytest.fixture
def site(running_site: ViewingSite) -> ViewingSite:
    running_site.reset()
    return running_site


@pytest.fixture
def visit(site: ViewingSite, open_page: Callable[..., Page]) -> Callable[..., Page]:
    """visit(): the page; visit(*messages): the page with these."""

    def make(*messages: str, **options: Any) -> Page:
        if messages:
            site.pages["/"] = page("".join(messages))
        tab = open_page(site.url, reduced_motion="reduce", **options)
        tab.goto("/")
        return tab

    return make
