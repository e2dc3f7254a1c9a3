"""Settings come from the environment: documented, strict, and safe when nothing is set."""

import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from chatsite import settings as settings_module
from chatsite.database import database_from_url
from chatsite.environment import Environment
from chatsite.object_storage import object_storage
from conversations import checks
from tests.servers.environment import clean_environment
from tests.servers.site import PROJECT_DIR

NO_S3 = dict.fromkeys(("endpoint_url", "region", "access_key_id", "secret_access_key", "prefix"), "")


def started_with(tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """`manage.py check` in this environment, and nothing else of ours."""
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=PROJECT_DIR,
        env=clean_environment()
        | {"CHATSITE_DATA_DIR": str(tmp_path), "CHATSITE_ENV_FILE": "/dev/null"}
        | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_setting_is_documented_and_every_documented_setting_exists() -> None:
    documented = re.findall(r"^\| `([A-Z0-9_]+)`", (PROJECT_DIR / "docs" / "settings.md").read_text(), re.M)
    assert len(documented) == len(set(documented))
    assert set(documented) == set(settings_module.env.names)


def test_the_defaults_are_safe() -> None:
    assert settings.DEBUG is False
    assert len(settings.SECRET_KEY) > 50
    assert settings.SESSION_COOKIE_HTTPONLY
    policy = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    assert policy["script-src"] == policy["style-src"] == ["'self'"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEBUG", "maybe"),
        ("CHATSITE_SIGNUP", "2"),
        ("CHATSITE_SESSION_DAYS", "soon"),
        ("CHATSITE_SESSION_DAYS", "0"),
        ("CHATSITE_LOG_FORMAT", "xml"),
        ("OPENAI_BASE_URL", "localhost:11434/v1"),
        ("DATABASE_URL", "mysql://root@localhost/chat"),
        ("DATABASE_URL", "postgres//localhost/chat"),
        ("DATABASE_URL", "postgres://localhost:port/chat"),
        ("DATABASE_URL", "postgres://localhost"),
        ("REDIS_URL", "localhost:6379"),
        ("EMAIL_URL", "pigeon://coop"),
        ("EMAIL_URL", "smtp://"),
        ("CHATSITE_TIME_ZONE", "Mars/Olympus"),
        ("PORT", "80000"),
        ("S3_BUCKET", "s3://files/chat"),
        ("S3_ENDPOINT_URL", "minio:9000"),
        ("S3_REGION", "eu-central-1"),  # without a bucket
        ("SECRET_KEY_FILE", "/no/such/file"),
        ("CHATSITE_SINGUP", "off"),
    ],
)
def test_an_odd_value_stops_the_start_and_is_named(tmp_path: Path, name: str, value: str) -> None:
    done = started_with(tmp_path, **{name: value})
    assert done.returncode != 0
    assert name in done.stderr


def test_settings_may_come_from_an_env_file_and_the_environment_wins(tmp_path: Path) -> None:
    env_file = tmp_path / "settings.env"
    env_file.write_text("CHATSITE_LOG_FORMAT=xml\n")
    assert "CHATSITE_LOG_FORMAT" in started_with(tmp_path, CHATSITE_ENV_FILE=str(env_file)).stderr
    done = started_with(tmp_path, CHATSITE_ENV_FILE=str(env_file), CHATSITE_LOG_FORMAT="json")
    assert done.returncode == 0, done.stderr


def test_a_named_env_file_must_be_there(tmp_path: Path) -> None:
    assert "/no/such.env" in started_with(tmp_path, CHATSITE_ENV_FILE="/no/such.env").stderr


def test_the_secret_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "var" / "secret_key"
    first = Environment({}).secret_kept_in("SECRET_KEY", path)
    assert Environment({}).secret_kept_in("SECRET_KEY", path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(path.parent) == ["secret_key"]
    assert Environment({"SECRET_KEY": "given"}).secret_kept_in("SECRET_KEY", path) == "given"


def test_a_value_may_be_kept_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text("sk-from-file\n")
    assert Environment({"OPENAI_API_KEY_FILE": str(secret)}).text("OPENAI_API_KEY") == "sk-from-file"


@pytest.mark.parametrize(
    ("raw", "value"), [("on", True), ("TRUE", True), ("1", True), ("off", False), ("No", False), ("", True)]
)
def test_flags_read_as_people_write_them(raw: str, value: bool) -> None:
    assert Environment({"FLAG": raw}).flag("FLAG", True) is value


def test_numbers_keep_to_their_bounds() -> None:
    env = Environment({"DAYS": "7", "HALF": "0.5", "MANY": "11"})
    assert env.number("DAYS", 30) == 7
    assert env.number("HALF", 10.0) == 0.5
    with pytest.raises(ImproperlyConfigured, match="MANY: 11 is not between 0 and 10"):
        env.number("MANY", 2, maximum=10)


def test_lists_are_separated_by_commas() -> None:
    assert Environment({"HOSTS": " a.example, b.example ,"}).words("HOSTS") == ["a.example", "b.example"]


def test_an_address_loses_its_last_slash() -> None:
    assert Environment({"URL": "http://localhost:11434/v1/"}).url("URL") == "http://localhost:11434/v1"


def test_sqlite_is_tuned_for_one_busy_process(tmp_path: Path) -> None:
    config = database_from_url("", sqlite_path=tmp_path / "chat.sqlite3")
    assert config["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in config["OPTIONS"]["init_command"]


def test_postgresql_comes_by_its_url(tmp_path: Path) -> None:
    config = database_from_url("postgres://ada:pw@db:5433/chat", sqlite_path=tmp_path / "unused")
    assert (config["ENGINE"], config["HOST"], config["PORT"], config["NAME"]) == (
        "django.db.backends.postgresql",
        "db",
        5433,
        "chat",
    )
    assert config["CONN_HEALTH_CHECKS"]


def test_files_are_kept_on_disk_unless_there_is_a_bucket() -> None:
    assert settings.STORAGES["default"] == {"BACKEND": "django.core.files.storage.FileSystemStorage"}


def test_a_bucket_at_aws_comes_with_the_key_of_the_machine() -> None:
    storage = object_storage("files", **NO_S3 | {"region": "eu-central-1", "prefix": "/chat/"})
    assert storage is not None
    options = storage["OPTIONS"]
    assert (options["bucket_name"], options["region_name"], options["location"]) == (
        "files",
        "eu-central-1",
        "chat",
    )
    assert (options["access_key"], options["secret_key"], options["endpoint_url"]) == (None, None, None)
    assert options["client_config"].s3 == {"addressing_style": "auto"}


def test_half_a_key_is_none(tmp_path: Path) -> None:
    done = started_with(tmp_path, S3_BUCKET="files", S3_ACCESS_KEY_ID="AKIA")
    assert done.returncode != 0
    assert "S3_SECRET_ACCESS_KEY" in done.stderr


@pytest.mark.parametrize(
    ("check", "change", "finds"),
    [
        (checks.check_mail_can_leave, {}, None),
        (checks.check_mail_can_leave, {"ACCOUNT_EMAIL_VERIFICATION": "mandatory"}, "conversations.W001"),
        (checks.check_sign_up_is_meant, {}, None),
        (checks.check_sign_up_is_meant, {"ALLOWED_HOSTS": ["chat.example.com"]}, "conversations.W002"),
        (checks.check_sign_up_is_meant, {"ALLOWED_HOSTS": ["a.example"], "CHATSITE_SIGNUP": False}, None),
    ],
)
def test_settings_that_do_not_go_together_are_pointed_out(
    settings: Any, check: Any, change: dict[str, Any], finds: str | None
) -> None:
    settings.ALLOWED_HOSTS = ["localhost"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    for name, value in change.items():
        setattr(settings, name, value)
    assert [message.id for message in check(None)] == ([finds] if finds else [])
