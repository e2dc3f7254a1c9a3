"""The fixtures that all tests share: people, signed-in clients, real servers and a real browser."""

import os

from tests.servers import environment

environment.enter()
if os.environ.get("TEST_DATABASE") == "postgresql":
    from tests.servers.postgresql import start_postgresql

    os.environ["DATABASE_URL"] = start_postgresql()

import django  # noqa: E402

django.setup()

from collections.abc import Awaitable, Callable, Iterator  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import pytest  # noqa: E402
from django.conf import settings as django_settings  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.cache import cache  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import AsyncClient, Client  # noqa: E402
from django.utils import translation  # noqa: E402
from playwright.sync_api import Browser, BrowserContext, Page  # noqa: E402
from pytest_django import DjangoDbBlocker  # noqa: E402

from conversations.services import notify  # noqa: E402
from tests.servers.browser import running_browser, watch  # noqa: E402
from tests.servers.replay import ReplayServer, running_replay_server  # noqa: E402
from tests.servers.site import PASSWORD, PROJECT_DIR, LiveSite  # noqa: E402

# Pages under test name their static files without a collection; real sites collect them. Hashing a password well
# takes a fifth of a second.
django_settings.STORAGES = {
    **django_settings.STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

SITES = pytest.StashKey[list[LiveSite]]()
FAILED = pytest.StashKey[bool]()
SCREENSHOTS = PROJECT_DIR / "var" / "test-screenshots"
DATABASE_FIXTURES = frozenset({"db", "transactional_db", "django_db_reset_sequences", "live_server"})


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
    if os.environ.get("TEST_DATABASE") == "postgresql":
        kept = [item for item in items if _touches_database(item)]
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept


def _touches_database(item: pytest.Item) -> bool:
    marked = item.get_closest_marker("django_db") is not None
    return marked or not DATABASE_FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """A test that fails shows what its servers printed, and fixtures can see that it failed."""
    report = yield
    if report.failed:
        item.stash[FAILED] = True
        for site in item.stash.get(SITES, []):
            report.sections.append((f"output of {site.url}", site.output))
    return report


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Threads that tests used keep their connections, and PostgreSQL drops no database that is in use."""
    yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture(autouse=True)
def _fresh_cache() -> Iterator[None]:
    """Limits on attempts are counted in the cache: one test's attempts are not another's."""
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def _language_of_the_site() -> Iterator[None]:
    """A request leaves its language behind in the thread, for the next request to replace."""
    yield
    translation.deactivate()


@pytest.fixture
def password() -> str:
    """The password of every user below, and of LiveSite.make_user."""
    return PASSWORD


@pytest.fixture
def alice(db: None) -> User:
    """The owner in most tests."""
    return User.objects.create_user("alice", "alice@example.com", PASSWORD)


@pytest.fixture
def bob(db: None) -> User:
    """A stranger to what alice owns."""
    return User.objects.create_user("bob", "bob@example.com", PASSWORD)


@pytest.fixture
def staff(db: None) -> User:
    return User.objects.create_superuser("staff", "staff@example.com", PASSWORD)


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """A client signed in as the given user."""

    def make(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return make


@pytest.fixture
def async_client_of() -> Callable[[User], Awaitable[AsyncClient]]:
    """Awaited, the same for asynchronous tests, which need `django_db(transaction=True)`."""

    async def make(user: User) -> AsyncClient:
        client = AsyncClient()
        await client.aforce_login(user)
        return client

    return make


@pytest.fixture
def alice_client(alice: User, client_of: Callable[[User], Client]) -> Client:
    return client_of(alice)


@pytest.fixture
def bob_client(bob: User, client_of: Callable[[User], Client]) -> Client:
    return client_of(bob)


@pytest.fixture
def staff_client(staff: User, client_of: Callable[[User], Client]) -> Client:
    return client_of(staff)


@pytest.fixture
def make_site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., LiveSite]]:
    """Starts sites: make_site(CHATSITE_SIGNUP="off"); each has its own data, and all end with the test."""
    sites = request.node.stash.setdefault(SITES, [])

    def make(*, start: bool = True, **settings: str) -> LiveSite:
        data_dir = tmp_path / f"site{len(sites)}"
        data_dir.mkdir()
        site = LiveSite(data_dir, settings)
        sites.append(site)
        return site.start() if start else site

    yield make
    for site in sites:
        site.kill()


@pytest.fixture
def live_site(make_site: Callable[..., LiveSite]) -> LiveSite:
    """A running site as after the first `make run`: no account yet."""
    return make_site()


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[notify.Event]:
    """The events that services told of; nobody else hears of them."""
    events: list[notify.Event] = []
    monkeypatch.setattr(notify, "_listeners", [events.append])
    return events


@pytest.fixture(scope="session")
def postgres_url() -> str:
    from tests.servers.postgresql import start_postgresql

    return start_postgresql()


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    from tests.servers.redis import running_redis

    with running_redis() as url:
        yield url


@pytest.fixture(scope="session")
def replay_server() -> Iterator[ReplayServer]:
    """Replays recorded replies: an endpoint whose model names say what to send."""
    with running_replay_server() as server:
        yield server


@pytest.fixture
def project_dir() -> Path:
    return PROJECT_DIR


@pytest.fixture
def browser() -> Iterator[Browser]:
    """A Chromium of the test's own. Browser tests are plain functions, never `async def`."""
    with running_browser() as browser:
        yield browser


@pytest.fixture
def page_problems() -> Iterator[list[str]]:
    """What went wrong inside the test's pages; a test that means it to happen clears the list."""
    problems: list[str] = []
    yield problems
    assert not problems


@pytest.fixture
def open_page(
    request: pytest.FixtureRequest, browser: Browser, page_problems: list[str]
) -> Iterator[Callable[..., Page]]:
    """Opens a page as a person with a browser of their own: open_page(live_site.url, color_scheme="dark")."""
    contexts: list[BrowserContext] = []

    def make(base_url: str, **options: Any) -> Page:
        context = browser.new_context(**{"base_url": base_url, "locale": "en-GB", **options})
        context.set_default_timeout(10_000)
        contexts.append(context)
        context.on("page", lambda page: watch(page, page_problems))
        return context.new_page()

    yield make
    if FAILED in request.node.stash:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        for number, page in enumerate(page for context in contexts for page in context.pages):
            page.screenshot(path=SCREENSHOTS / f"{request.node.name}-{number}.png")
    for context in contexts:
        context.close()


@pytest.fixture
def page(live_site: LiveSite, open_page: Callable[..., Page]) -> Page:
    """A page that starts at the live site; page.goto("/") goes to its front page."""
    return open_page(live_site.url)
