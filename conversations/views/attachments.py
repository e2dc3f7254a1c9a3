"""Files beside a message: put there, described, arranged, taken out again; and looked at by whoever may."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.core.files import File
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from conversations.access import attachment_for, conversation_for, id_in, waiting_attachment_for
from conversations.attachment_cards import attachment_card
from conversations.generation.enclosures import LINK_SALT
from conversations.generation.intake import take_in
from conversations.generation.pictures_elsewhere import fetch_picture
from conversations.generation.workshop import inspected, with_storage
from conversations.media import FileRefused, Kind, render_page_isolated
from conversations.models import Attachment, Conversation
from conversations.previews import preview_html
from conversations.services import attachments
from conversations.services.errors import FileTooLarge, NothingToSend
from conversations.tray import TrayCard, receiver_of, tray_card, waiting_cards
from conversations.views.answering import ids_in, is_script, refusable, signed_in, user_id
from conversations.views.file_responses import StoredFile, file_response
from conversations.views.pages import page_again, page_context

LINK_SECONDS = 3600
PAGE_WIDTH = 1200
MOST_PAGES_SHOWN = 60


@require_POST
@signed_in
@refusable
async def upload(request: HttpRequest) -> HttpResponse:
    """Take a `file`, or the picture at a `url`, for the conversation that the form names; answers with its place in
    the tray.
    """
    file = request.FILES.get("file")
    conversation = await sync_to_async(_conversation)(request)
    waits_in = conversation.pk if conversation else None
    if file is not None:
        attachment = await _take_upload(file, user_id(request), waits_in)
    elif address := request.POST.get("url", "").strip():
        with TemporaryDirectory(prefix="chatsite-") as folder:
            path, name = await fetch_picture(address, Path(folder))
            attachment = await take_in(
                path, name, owner_id=user_id(request), waits_in=waits_in, only=Kind.IMAGE
            )
    else:
        raise NothingToSend
    if not is_script(request):
        # The same page again, with what was written so far.
        return await sync_to_async(page_again)(request, conversation)
    return await sync_to_async(_item)(request, attachment, status=201)


@require_GET
@login_required
def tray(request: HttpRequest) -> HttpResponse:
    """What waits to be sent in a conversation."""
    conversation = _conversation(request)
    cards = waiting_cards(user_id(request), conversation, model_key=request.GET.get("model", ""))
    return render(request, "conversations/attachments/tray_items.html", {"waiting": cards})


@require_POST
@login_required
def arrange(request: HttpRequest) -> HttpResponse:
    """Send them in the order of `attachment`."""
    attachments.arrange(user_id(request), ids_in(request))
    return HttpResponse(status=204)


@require_safe
@signed_in
async def attachment(request: HttpRequest, attachment_id: UUID) -> HttpResponseBase:
    """The file: to look at or listen to, in a form that browsers know; with `?download` as it was uploaded."""
    found = await sync_to_async(attachment_for)(request.user, attachment_id)
    is_download = "download" in request.GET
    shows_original = is_download or not found.sendable or found.media_type == "image/gif"
    stored = found.file if shows_original else found.sendable
    media_type = found.media_type if shows_original else found.sent_media_type
    return await file_response(
        request,
        StoredFile.of(stored, found.size if shows_original else found.sent_size),
        name=found.name if shows_original else f"{Path(found.name).stem}{Path(stored.name or '').suffix}",
        media_type=media_type,
        etag=f"{found.sha256[:32] or found.pk.hex}-{'o' if shows_original else 's'}",
        as_download=is_download,
    )


@require_safe
@signed_in
async def thumbnail(request: HttpRequest, attachment_id: UUID) -> HttpResponseBase:
    found = await sync_to_async(attachment_for)(request.user, attachment_id)
    if not found.thumbnail:
        raise Http404
    size = (found.facts.get("thumbnail") or {}).get("size") or 0
    return await file_response(
        request,
        StoredFile.of(found.thumbnail, size),
        name=f"{found.name}.webp",
        media_type="image/webp",
        etag=f"{found.sha256[:32]}-t",
    )


@require_safe
async def shared(request: HttpRequest, token: str) -> HttpResponseBase:
    """For an endpoint that was given a link: what models are sent of the file, as long as the link is good."""
    try:
        wanted = id_in(signing.loads(token, salt=LINK_SALT, max_age=LINK_SECONDS))
    except signing.BadSignature as bad:
        raise Http404 from bad
    found = await sync_to_async(Attachment.objects.light().filter(pk=wanted).first)() if wanted else None
    if found is None:
        raise Http404
    return await file_response(
        request,
        StoredFile.of(found.sent_file, found.sent_size),
        name=found.name,
        media_type=found.sent_media_type,
        etag=f"{found.sha256[:32]}-s",
    )


@require_GET
@login_required
def preview(request: HttpRequest, attachment_id: UUID) -> HttpResponse:
    """What a document says, to be read on the page: its pages as pictures, or its text."""
    found = attachment_for(request.user, attachment_id)
    pages = _pages_shown(found)
    context = {
        "card": attachment_card(found),
        "pages": range(1, pages + 1),
        "shape": _shape(found),
        "more_pages": (found.facts.get("pages") or 0) - pages if pages else 0,
        "html": "" if pages else preview_html(found),
    }
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "conversations/attachments/preview.html", context)
    return render(request, "conversations/attachments/preview_page.html", context | page_context(request))


@require_safe
@signed_in
async def page(request: HttpRequest, attachment_id: UUID, number: int) -> HttpResponseBase:
    """A page of a PDF as a picture."""
    found = await sync_to_async(attachment_for)(request.user, attachment_id)
    if not 1 <= number <= _pages_shown(found):
        raise Http404
    name = f"{found.folder}/page-{number}.webp"
    size = await with_storage(_size_of, name)
    if not size:
        with TemporaryDirectory(prefix="chatsite-") as made:
            copy = Path(made) / "document.pdf"
            try:
                await with_storage(_copy, found, copy)
                drawn = await inspected(
                    user_id(request), render_page_isolated, copy, number, copy.parent, width=PAGE_WIDTH
                )
                size = await with_storage(_store_page, copy.parent / drawn.name, name)
            except (FileRefused, FileNotFoundError) as nothing:
                raise Http404 from nothing
            except OSError:
                return HttpResponse(status=503)
    return await file_response(
        request,
        StoredFile(default_storage, name, size),
        name=f"{number}.webp",
        media_type="image/webp",
        etag=f"{found.sha256[:32]}-{number}",
    )


@require_http_methods(["GET", "POST"])
@signed_in
@refusable
async def describe(request: HttpRequest, attachment_id: UUID) -> HttpResponse:
    """GET: a form for how a waiting file is to be sent. POST: what the form says."""
    return await sync_to_async(_describe)(request, attachment_id)


@require_POST
@signed_in
@refusable
async def discard(request: HttpRequest, attachment_id: UUID) -> HttpResponse:
    """Take a file out again before it is sent."""

    def discarded() -> None:
        attachments.discard(waiting_attachment_for(request.user, attachment_id))

    await sync_to_async(discarded)()
    if is_script(request):
        return HttpResponse(status=204)
    return HttpResponseRedirect(request.headers.get("Referer") or reverse("home"))


def _card(request: HttpRequest, attachment: Attachment) -> TrayCard:
    model_key = request.POST.get("model") or request.GET.get("model") or ""
    return tray_card(attachment, receiver_of(attachment.waits_in, model_key))


def _describe(request: HttpRequest, attachment_id: UUID) -> HttpResponse:
    found = waiting_attachment_for(request.user, attachment_id)
    if request.method == "GET":
        context = {
            "card": _card(request, found),
            "text": found.text,
            "details": Attachment.Detail.choices,
            "forms": Attachment.Form.choices,
        }
        return render(request, "conversations/attachments/describe.html", context)
    attachments.describe(
        found,
        alt=request.POST.get("alt", ""),
        detail=request.POST.get("detail", ""),
        form=request.POST.get("sent_as", ""),
        text=request.POST.get("text"),
    )
    return _item(request, found)


def _item(request: HttpRequest, attachment: Attachment, status: int = 200) -> HttpResponse:
    context = {"card": _card(request, attachment)}
    return render(request, "conversations/attachments/tray_item.html", context, status=status)


async def _take_upload(file: UploadedFile, owner_id: int, waits_in: UUID | None) -> Attachment:
    if (file.size or 0) > settings.MAX_FILE_BYTES:
        raise FileTooLarge(limit=settings.MAX_FILE_BYTES)
    path = Path(file.temporary_file_path())  # type: ignore[attr-defined]
    return await take_in(path, file.name or "", owner_id=owner_id, waits_in=waits_in)


def _pages_shown(attachment: Attachment) -> int:
    """How many pages of it are shown as pictures: only a PDF has any."""
    is_pdf = attachment.media_type == "application/pdf"
    return min(attachment.facts.get("pages") or 0, MOST_PAGES_SHOWN) if is_pdf else 0


def _shape(attachment: Attachment) -> str:
    """Of the first page, for the places that pages have before they come."""
    first = attachment.facts.get("thumbnail") or {}
    ratio = (first.get("width") or 1) / (first.get("height") or 1.4)
    return "wide" if ratio > 1.2 else "square" if ratio > 0.9 else "tall"


def _conversation(request: HttpRequest) -> Conversation | None:
    named = request.POST.get("conversation") or request.GET.get("conversation")
    wanted = id_in(named)
    if named and wanted is None:
        raise Http404
    return conversation_for(request.user, wanted) if wanted else None


def _size_of(name: str) -> int:
    """In bytes; 0 if there is no such file."""
    try:
        return default_storage.size(name)
    except OSError:
        return 0


def _copy(attachment: Attachment, copy: Path) -> None:
    with attachment.file.open("rb") as source, copy.open("wb") as target:
        for piece in source.chunks():
            target.write(piece)


def _store_page(picture: Path, name: str) -> int:
    """Its size in bytes. Somebody else may have drawn it meanwhile."""
    with picture.open("rb") as drawn:
        if not default_storage.exists(name):
            default_storage.save(name, File(drawn))
    return picture.stat().st_size
