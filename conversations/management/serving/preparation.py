"""What must be done before the first request, each step only if it is needed."""

import hashlib
import os
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from conversations.accounts.first_account import (
    SetupFinished,
    account_exists,
    create_first_account,
    needs_email,
    setup_path,
)

FINGERPRINT = ".collected"


def migrate_if_needed() -> bool:
    """Whether there was anything to migrate."""
    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return False
    call_command("migrate", verbosity=0, interactive=False)
    return True


def collect_static_if_changed() -> bool:
    """Whether any static file was new or changed since the last collection."""
    record = Path(settings.STATIC_ROOT) / FINGERPRINT
    fingerprint = _static_fingerprint()
    if record.exists() and record.read_text() == fingerprint:
        return False
    call_command("collectstatic", verbosity=0, interactive=False)
    record.write_text(fingerprint)
    return True


def _static_fingerprint() -> str:
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list(["CVS", ".*", "*~"]):
            status = os.stat(storage.path(path))
            digest.update(f"{path}\0{status.st_mtime_ns}\0{status.st_size}\n".encode())
    return digest.hexdigest()


def first_account() -> str | None:
    """The path of the set-up link; None if there is an account, or DJANGO_SUPERUSER_* made it now."""
    if account_exists():
        return None
    wanted = settings.FIRST_ACCOUNT
    if not wanted["username"]:
        return setup_path()
    if not wanted["password"]:
        raise CommandError("DJANGO_SUPERUSER_USERNAME is set, and DJANGO_SUPERUSER_PASSWORD is not.")
    if needs_email() and not wanted["email"]:
        raise CommandError(
            "CHATSITE_EMAIL_VERIFICATION is mandatory, so the first account needs DJANGO_SUPERUSER_EMAIL."
        )
    try:
        create_first_account(**wanted)
    except ValidationError as error:
        for field, problems in error.message_dict.items():
            raise CommandError(f"DJANGO_SUPERUSER_{field.upper()}: {' '.join(problems)}") from error
    except SetupFinished:
        # Another process that started at the same moment was faster.
        return None
    return None
