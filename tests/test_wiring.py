"""The wiring between Django's parts: headers, health, the style bundle, middleware on the loop."""

import json
import logging
import sys
from pathlib import Path

import pytest
from asgiref.sync import iscoroutinefunction
from csp.utils import build_policy
from django.conf import settings as django_settings
from django.core.handlers.asgi import ASGIHandler
from django.test import AsyncClient, Client
from django.utils.module_loading import import_string
from pytest_django import Settings

from chatsite.bundles import BUNDLE, BundleFinder, bundle_sources, bundle_text
from chatsite.logs import logging_config


def test_every_answer_carries_the_policy() -> None:
    answer = Client().get("/healthz")
    policy = answer["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"


async def test_the_policy_is_the_same_on_the_loop() -> None:
    answer = await AsyncClient().get("/healthz")
    assert answer["Content-Security-Policy"] == build_policy()


def test_an_unknown_host_is_refused() -> None:
    answer = Client(SERVER_NAME="evil.example").get("/")
    assert answer.status_code == 400


def test_no_middleware_makes_a_request_hop_to_a_thread() -> None:
    """Each is asynchronous by itself; one that is not would cost every request a hop there and back."""
    for name in django_settings.MIDDLEWARE:
        assert getattr(import_string(name), "async_capable", False), name
    chain = ASGIHandler()._middleware_chain
    assert iscoroutinefunction(chain)


@pytest.mark.django_db
def test_ready_means_that_database_and_channels_answer() -> None:
    answer = Client().get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "database": True, "channel_layer": True}


@pytest.mark.django_db
def test_not_ready_says_what_is_missing_and_nothing_more(settings: Settings) -> None:
    settings.REDIS_URL = "redis://:secret@127.0.0.1:1/0"
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {"hosts": [settings.REDIS_URL]},
        }
    }
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "unavailable", "database": True, "channel_layer": False}


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/no/such/page/", "/c/not-an-id/"])
def test_a_missing_page_looks_like_the_site(path: str) -> None:
    answer = Client().get(path)
    assert answer.status_code == 404
    assert "Page not found" in answer.text


def test_the_style_bundle_cascades_in_order(tmp_path: Path) -> None:
    (tmp_path / "components").mkdir()
    names = ("components/b.css", "layout.css", "components/a.css", "base.css", "tokens.css", "unlisted.css")
    for name in names:
        (tmp_path / name).write_text(f".{name[0]} {{}}\n")
    found = [path.relative_to(tmp_path).as_posix() for path in bundle_sources(tmp_path)]
    assert found == ["tokens.css", "base.css", "layout.css", "components/a.css", "components/b.css"]
    text = bundle_text(tmp_path)
    assert text.index("/* tokens.css */") < text.index("/* components/b.css */")
    assert "unlisted" not in text


def test_the_bundle_is_found_like_any_static_file_and_follows_its_sources(tmp_path: Path) -> None:
    finder = BundleFinder()
    finder.css_dir = tmp_path
    (tmp_path / "base.css").write_text("a {}")
    path = Path(finder.find(BUNDLE))
    first = path.stat().st_mtime_ns
    assert "a {}" in path.read_text()
    assert Path(finder.find(BUNDLE)).stat().st_mtime_ns == first
    (tmp_path / "base.css").write_text("b {}")
    assert "b {}" in Path(finder.find(BUNDLE)).read_text()
    assert [name for name, _ in finder.list([])] == [BUNDLE]
    assert finder.find("css/other.css") == []


@pytest.mark.parametrize("form", ["console", "json"])
def test_logs_say_what_failed_and_no_local_variable(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    config = logging_config(level="INFO", form=form)
    formatter = config["formatters"]["line"].copy()
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter.pop("()")(**formatter))
    logger = logging.Logger("tests.wiring")
    logger.addHandler(handler)
    api_key = "sk-very-secret"
    try:
        raise ValueError(f"a key of {len(api_key)} characters")
    except ValueError:
        logger.exception("endpoint failed")
    written = capsys.readouterr().out
    assert "endpoint failed" in written
    assert "a key of 14 characters" in written
    assert api_key not in written
    if form == "json":
        assert json.loads(written)["level"] == "error"
