"""One site for all journeys that do not restart it, a new person for each, and one browser for each module."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.pages import ChatPage
from tests.browser.scripted import ScriptedEndpoint, running_scripted_endpoint
from tests.conftest import FAILED, SCREENSHOTS
from tests.servers.browser import running_browser, watch
from tests.servers.replay import ReplayServer
from tests.servers.site import LiveSite

PEOPLE = 200
PATIENCE_MS = 20_000
DESKTOP: ViewportSize = {"width": 1280, "height": 720}
SITE_OUTPUT = pytest.StashKey[tuple[LiveSite, int]]()

expect.set_options(timeout=PATIENCE_MS)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """A test that fails shows what the shared site printed during it."""
    report = yield
    if report.failed and SITE_OUTPUT in item.stash:
        site, before = item.stash[SITE_OUTPUT]
        report.sections.append(("output of the shared site", site.output[before:]))
    return report


@dataclass(frozen=True)
class Person:
    """Somebody with an account and a session on a site."""

    name: str
    session: str


@dataclass(frozen=True)
class Library:
    """`people` are strangers to one another, each for one test; `reader` owns the conversations at the addresses."""

    people: Iterator[Person]
    reader: Person
    long: str
    rich: str
    wide: str
    collector: Person


@pytest.fixture(scope="session")
def scripted_endpoint() -> Iterator[ScriptedEndpoint]:
    with running_scripted_endpoint() as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def shared_site(tmp_path_factory: pytest.TempPathFactory, replay_server: ReplayServer) -> Iterator[LiveSite]:
    """Talks to the replay server; answers are echoes unless a test names another model. Faults are not retried."""
    data_dir = tmp_path_factory.mktemp("shared") / "site"
    data_dir.mkdir()
    settings = {
        "OPENAI_BASE_URL": f"{replay_server.url}/v1",
        "CHATSITE_DEFAULT_MODEL": "live-echo",
        "CHATSITE_ENDPOINT_RETRIES": "0",
    }
    site = LiveSite(data_dir, settings).start()
    yield site
    site.kill()


@pytest.fixture(scope="session")
def library(shared_site: LiveSite, scripted_endpoint: ScriptedEndpoint) -> Library:
    """What population.py made on the shared site."""
    call = f"population.populate({PEOPLE}, {scripted_endpoint.url!r})"
    printed = shared_site.manage("shell", "-v0", "-c", f"from tests.browser import population; {call}")
    made = json.loads(printed.splitlines()[-1])
    return Library(
        people=iter([Person(**person) for person in made["people"]]),
        reader=Person(**made["reader"]),
        long=made["long"],
        rich=made["rich"],
        wide=made["wide"],
        collector=Person(**made["collector"]),
    )


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Every test has contexts of its own in it; a module's end stops it, and with it Playwright's event loop."""
    with running_browser() as browser:
        yield browser


@pytest.fixture
def person(library: Library) -> Person:
    return next(library.people)


@pytest.fixture
def requests_may_fail(page_problems: list[str]) -> Iterator[None]:
    """For tests in which requests are meant to fail: the browser notes each as a problem of the page."""
    yield
    page_problems[:] = [problem for problem in page_problems if not problem.startswith("console: ")]


class Tab:
    """A tab that a module's tests use one after another, each as somebody else: a window of one's own costs more."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.problems: list[str] = []
        self.context = browser.new_context(base_url=url, locale="en-GB", reduced_motion="reduce")
        self.context.set_default_timeout(PATIENCE_MS)
        self.context.on("page", lambda page: watch(page, self.problems))
        self.page = self.context.new_page()

    def hand_over(self, problems: list[str]) -> None:
        """Make it as good as new; what went wrong in it is added to `problems`."""
        for page in self.context.pages:
            if page != self.page:
                page.close()
        self.context.set_offline(False)
        self.context.clear_permissions()
        self.page.set_viewport_size(DESKTOP)
        self.page.emulate_media(color_scheme="light", reduced_motion="reduce")
        # A page of the same site without sockets: leaving the site would cost a new renderer.
        self.page.goto("/healthz")
        self.context.clear_cookies()
        problems.extend(self.problems)
        self.problems.clear()


@pytest.fixture(scope="module")
def shared_tab(browser: Browser, shared_site: LiveSite) -> Iterator[Tab]:
    tab = Tab(browser, shared_site.url)
    yield tab
    tab.context.close()


@pytest.fixture
def tab_of(
    request: pytest.FixtureRequest, shared_tab: Tab, shared_site: LiveSite, page_problems: list[str]
) -> Iterator[Callable[[Person | None], ChatPage]]:
    """tab_of(person): a tab in which that person, or with None nobody, is signed in."""
    request.node.stash[SITE_OUTPUT] = (shared_site, len(shared_site.output))

    def sign_in(person: Person | None) -> ChatPage:
        if person:
            shared_tab.context.add_cookies([session_cookie(shared_site, person)])
        return ChatPage(shared_tab.page)

    yield sign_in
    if FAILED in request.node.stash:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        for number, page in enumerate(shared_tab.context.pages):
            page.screenshot(path=SCREENSHOTS / f"{request.node.name}-tab{number}.png")
    shared_tab.hand_over(page_problems)


@pytest.fixture
def chat(tab_of: Callable[[Person | None], ChatPage], person: Person) -> ChatPage:
    """`person` at the page; chat.new() goes to an empty conversation."""
    return tab_of(person)


@pytest.fixture
def visit(
    request: pytest.FixtureRequest,
    shared_site: LiveSite,
    library: Library,
    open_page: Callable[..., Page],
) -> Callable[..., ChatPage]:
    """visit(person): a browser of its own in which that person (a new one by default) is signed in."""
    request.node.stash[SITE_OUTPUT] = (shared_site, len(shared_site.output))

    def make(person: Person | None = None, **options: Any) -> ChatPage:
        page = open_page(shared_site.url, reduced_motion="reduce", **options)
        page.context.set_default_timeout(PATIENCE_MS)
        page.context.add_cookies([session_cookie(shared_site, person or next(library.people))])
        return ChatPage(page)

    return make


def session_cookie(site: LiveSite, person: Person) -> Any:
    return {"name": "chatsite_session", "value": person.session, "url": site.url}
