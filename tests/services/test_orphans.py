"""What nothing refers to is found and goes; what somebody may still want stays."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage
from django.utils import timezone

from conversations.generation.spoken_segments import Segment, save_segments
from conversations.models import Attachment, Generation, Message, Part
from conversations.services.conversations import delete_conversation
from conversations.services.orphans import find_orphans, remove_orphans
from tests.factories import ask, make_conversation

pytestmark = pytest.mark.django_db
STRAY = "attachments/ab/stray/original.png"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


def store(name, *, days_old):
    name = default_storage.save(name, ContentFile(b"stored"))
    then = (timezone.now() - timedelta(days=days_old)).timestamp()
    os.utime(default_storage.path(name), (then, then))
    return name


def make_attachment(owner, *, days_old=0, **fields):
    """Its file as old as its row, and a thumbnail as old."""
    attachment = Attachment(
        owner=owner, kind="image", name="cat.png", media_type="image/png", size=6, sha256="0" * 64, **fields
    )
    attachment.created_at = timezone.now() - timedelta(days=days_old)
    folder = f"attachments/{attachment.pk.hex[-2:]}/{attachment.pk.hex}"
    attachment.file = store(f"{folder}/original.png", days_old=days_old)
    attachment.thumbnail = store(f"{folder}/thumbnail.webp", days_old=days_old)
    attachment.save()
    return attachment


def show(attachment):
    """In a message of its owner's; returns the conversation."""
    conversation = make_conversation(attachment.owner)
    message = Message.objects.create(conversation=conversation, role="user")
    Part.objects.create(message=message, index=0, kind="image", attachment=attachment)
    Attachment.objects.filter(pk=attachment.pk).update(is_waiting=False)
    return conversation


def stored(media):
    return sorted(path.relative_to(media).as_posix() for path in media.rglob("*") if path.is_file())


@pytest.mark.django_db(transaction=True)
def test_nothing_is_found_where_nothing_was_ever_stored(media):
    found = find_orphans()
    remove_orphans(found)
    assert (found.files, found.forgotten, found.lost) == ([], [], [])
    assert not media.exists()


def test_a_file_without_a_row_goes_after_a_day(media):
    old, new = store(STRAY, days_old=1.1), store("attachments/cd/new/original.png", days_old=0.9)
    found = find_orphans()
    assert found.files == [old]
    remove_orphans(found)
    assert stored(media) == [new]


def test_files_with_a_row_stay_however_old(alice, media):
    make_attachment(alice, days_old=29)
    sent = make_attachment(alice, days_old=900)
    show(sent)
    before = stored(media)
    remove_orphans(find_orphans())
    assert stored(media) == before
    assert len(before) == 4


def test_what_others_keep_in_the_storage_is_not_looked_at(media):
    name = store("backups/of/somebody.tar", days_old=400)
    assert find_orphans().files == []
    assert stored(media) == [name]


@pytest.mark.django_db(transaction=True)
def test_what_was_put_beside_a_message_and_never_sent_goes_after_a_month(alice, media):
    forgotten, fresh = make_attachment(alice, days_old=31), make_attachment(alice, days_old=29)
    found = find_orphans()
    assert (found.files, found.forgotten) == ([], [forgotten.pk])
    remove_orphans(found)
    assert list(Attachment.objects.values_list("pk", flat=True)) == [fresh.pk]
    assert stored(media) == sorted([fresh.file.name, fresh.thumbnail.name])


@pytest.mark.django_db(transaction=True)
def test_a_file_of_an_answer_that_was_never_written_goes_after_a_day(alice, media):
    make_attachment(alice, days_old=2, is_waiting=False)
    coming = make_attachment(alice, is_waiting=False)
    remove_orphans(find_orphans())
    assert list(Attachment.objects.values_list("pk", flat=True)) == [coming.pk]
    assert stored(media) == sorted([coming.file.name, coming.thumbnail.name])


def test_a_file_that_is_sent_while_others_are_removed_stays(alice, media):
    attachment = make_attachment(alice, days_old=31)
    found = find_orphans()
    show(attachment)
    remove_orphans(found)
    assert found.forgotten == [attachment.pk]
    assert Attachment.objects.filter(pk=attachment.pk).exists()
    assert attachment.file.name in stored(media)


def test_a_deleted_conversation_keeps_its_files_until_it_goes_for_good(alice, media):
    attachment = make_attachment(alice, days_old=20)
    delete_conversation(show(attachment))
    remove_orphans(find_orphans())
    assert attachment.file.name in stored(media)
    assert Part.objects.get().attachment_id == attachment.pk


@pytest.mark.parametrize("gone", ["file", "thumbnail"])
def test_an_attachment_of_which_a_file_is_gone_is_told_of_and_stays(alice, gone):
    whole, damaged = make_attachment(alice, days_old=2), make_attachment(alice, days_old=2)
    show(whole)
    show(damaged)
    Path(getattr(damaged, gone).path).unlink()
    found = find_orphans()
    remove_orphans(found)
    assert found.lost == [damaged.pk]
    assert Attachment.objects.count() == 2


def test_a_file_that_comes_while_files_are_listed_is_neither_lost_nor_removed(alice, media, monkeypatch):
    """The upload that ends in the middle: between the listing of the files and the reading of the rows."""
    came = []
    listdir = FileSystemStorage.listdir

    def listed_and_then_uploaded(storage, path):
        found = listdir(storage, path)
        if not came:
            came.append(make_attachment(alice))
        return found

    store(STRAY, days_old=2)
    monkeypatch.setattr(FileSystemStorage, "listdir", listed_and_then_uploaded)
    found = find_orphans()
    assert (found.files, found.forgotten, found.lost) == ([STRAY], [], [])
    assert came[0].file.name in stored(media)


def test_speech_stays_while_its_answer_is_given_and_goes_when_it_has_ended(alice, media):
    running, ended = (ask(make_conversation(alice), process="a process").generation_id for _ in range(2))
    Generation.objects.filter(pk=ended).update(status=Generation.Status.COMPLETE)
    segments = [Segment(pk, choice=0, place=0, start=0, content=b"spoken") for pk in (running, ended)]
    save_segments(segments)
    assert find_orphans().files == []
    then = (timezone.now() - timedelta(days=2)).timestamp()
    for segment in segments:
        os.utime(default_storage.path(segment.name), (then, then))
    found = find_orphans()
    assert found.files == [segments[1].name]
    remove_orphans(found)
    assert stored(media) == [segments[0].name]
