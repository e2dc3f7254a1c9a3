"""`manage.py remove_orphans` as operators see it."""

import os
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.utils import timezone

from conversations.models import Attachment

pytestmark = pytest.mark.django_db(transaction=True)
STRAY = "attachments/ab/stray/original.png"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def stray():
    """A file of last week that no row names."""
    name = default_storage.save(STRAY, ContentFile(b"stored"))
    then = (timezone.now() - timedelta(days=7)).timestamp()
    os.utime(default_storage.path(name), (then, then))
    return Path(default_storage.path(name))


@pytest.fixture
def forgotten(alice):
    attachment = Attachment(owner=alice, kind="text", name="note.txt", media_type="text/plain", size=6)
    attachment.file.save("original.txt", ContentFile(b"stored"), save=False)
    attachment.created_at = timezone.now() - timedelta(days=31)
    attachment.save()
    return attachment


def told(*arguments):
    """What the command prints: (output, errors), each line by line."""
    out, errors = StringIO(), StringIO()
    call_command("remove_orphans", *arguments, stdout=out, stderr=errors)
    return out.getvalue().splitlines(), errors.getvalue().splitlines()


def test_what_goes_is_named_and_counted(stray, forgotten):
    out, errors = told()
    assert out == [
        f"file without a row: {STRAY}",
        f"attachment that no message refers to: {forgotten.pk}",
        "Removed 1 files and 1 attachments.",
    ]
    assert errors == []
    assert not stray.exists()
    assert not Attachment.objects.exists()
    assert not Path(forgotten.file.path).exists()
    assert told() == (["Removed 0 files and 0 attachments."], [])


def test_a_dry_run_says_the_same_and_removes_nothing(stray, forgotten):
    out, errors = told("--dry-run")
    assert out[:2] == [
        f"file without a row: {STRAY}",
        f"attachment that no message refers to: {forgotten.pk}",
    ]
    assert out[2:] == ["Would remove 1 files and 1 attachments."]
    assert errors == []
    assert stray.exists()
    assert Attachment.objects.get() == forgotten
    assert Path(forgotten.file.path).exists()


def test_an_attachment_whose_file_is_gone_is_an_error_to_read_and_stays(forgotten):
    Attachment.objects.update(created_at=timezone.now())
    Path(forgotten.file.path).unlink()
    assert told() == (
        ["Removed 0 files and 0 attachments."],
        [f"attachment of which a file is gone: {forgotten.pk}"],
    )
    assert Attachment.objects.exists()
