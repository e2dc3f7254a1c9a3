"""Messages of a conversation: read them, send one, edit one, ask for another answer, stop one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from html import escape
from urllib.parse import urlencode
from uuid import UUID, uuid4

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from conversations.access import conversation_for, id_in, message_for
from conversations.facts import facts_about
from conversations.generation.pictures_elsewhere import picture_elsewhere
from conversations.generation.process import here
from conversations.generation.speech import spoken, spoken_elsewhere
from conversations.models import Message, Part
from conversations.presenters import message_cards, part_html
from conversations.probabilities import token_cards
from conversations.raw_exchange import raw_exchange
from conversations.services import turns
from conversations.services.sending import Outgoing
from conversations.services.turn_rows import Turn
from conversations.transcript import conversation_head, shown_ids, transcript_page, versions_of
from conversations.views.answering import accepted, conversation_url, ids_in, refusable, signed_in, user_id
from conversations.views.pages import page_context


@require_http_methods(["GET", "POST"])
@signed_in
@refusable
async def messages(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """GET: the transcript, or what is older than `before`. POST: send `text`."""
    if request.method == "GET":
        return await sync_to_async(_page)(request, conversation_id)
    await here().send(
        Outgoing(
            sender_id=user_id(request),
            conversation_id=conversation_id,
            text=request.POST.get("text", ""),
            key=id_in(request.POST.get("key")) or uuid4(),
            language=get_language() or "en",
            model_key=request.POST.get("model", ""),
            files=ids_in(request),
        )
    )
    return accepted(request, conversation_url(conversation_id))


@require_GET
@login_required
def message(request: HttpRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """One message has no page of its own: it is shown where it stands."""
    found = message_for(request.user, conversation_id, message_id)
    return HttpResponseRedirect(f"{conversation_url(conversation_id)}#message-{found.pk}")


@require_GET
@login_required
def text(request: HttpRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """What the message says, as its author wrote it."""
    found = message_for(request.user, conversation_id, message_id)
    return HttpResponse(found.text, content_type="text/plain; charset=utf-8")


@require_GET
@signed_in
async def sound(
    request: HttpRequest, conversation_id: UUID, message_id: UUID, place: int
) -> HttpResponseBase:
    """What is spoken, while it comes; when it is there, the file that it has become."""
    found = await sync_to_async(message_for)(request.user, conversation_id, message_id)
    part = found.generation_id and here().runner.part_of(found.generation_id, message_id, place)
    if part and part.kind == Part.Kind.AUDIO:
        return StreamingHttpResponse(
            spoken(part), content_type="audio/wav", headers={"Cache-Control": "no-store"}
        )
    if found.status == Message.Status.STREAMING and found.generation_id and not part:
        speech = spoken_elsewhere(found.generation_id, found.choice_index, place)
        return StreamingHttpResponse(speech, content_type="audio/wav", headers={"Cache-Control": "no-store"})
    part_row = await found.parts.filter(index=place).exclude(attachment=None).afirst()
    if part_row is None:
        raise Http404
    return HttpResponseRedirect(reverse("attachment", args=[part_row.attachment_id]))


@require_GET
@signed_in
@refusable
async def picture(request: HttpRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """A picture at another host that the message shows, at its reader's wish. No other is fetched."""
    address = request.GET.get("url", "")
    if not await sync_to_async(_shows)(request, conversation_id, message_id, address):
        raise Http404
    content, media_type = await picture_elsewhere(address, person_id=user_id(request))
    headers = {
        "Cache-Control": "private, max-age=3600",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return HttpResponse(content, content_type=media_type, headers=headers)


def _shows(request: HttpRequest, conversation_id: UUID, message_id: UUID, address: str) -> bool:
    """Whether there is a place for the picture in what the page shows of the message."""
    found = message_for(request.user, conversation_id, message_id)
    # As the page's HTML has it: an address with quotation marks or angle brackets never becomes a picture.
    mark = f'data-src="{escape(address, quote=False)}"'
    return any(mark in part_html(part) or part.data.get("url") == address for part in found.parts.all())


@require_GET
@login_required
def details(request: HttpRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """Model, tokens and time of an answer."""
    found = message_for(request.user, conversation_id, message_id)
    return render(
        request, "conversations/partials/_details.html", {"rows": facts_about(found), "message": found}
    )


@require_GET
@login_required
def raw(request: HttpRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """The exchange with the endpoint that an answer came of, as it went over the wire."""
    found = message_for(request.user, conversation_id, message_id)
    context = page_context(request, current=conversation_id) | {
        "conversation": found.conversation,
        "message": found,
        "exchange": raw_exchange(found),
    }
    return render(request, "conversations/raw_exchange.html", context)


@require_GET
@login_required
def probabilities(request: HttpRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """The tokens of an answer, coloured by how likely they were; with `off` nothing, which shows the answer again."""
    found = message_for(request.user, conversation_id, message_id)
    tokens = [] if "off" in request.GET else token_cards(found)
    context = {"message": found, "tokens": tokens}
    return render(request, "conversations/partials/_probabilities.html", context)


@require_GET
@login_required
def versions(request: HttpRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """All versions of a message side by side."""
    found = message_for(request.user, conversation_id, message_id)
    context = page_context(request, current=conversation_id) | {
        "conversation": found.conversation,
        "shown": shown_ids(found.conversation),
        "versions": message_cards(versions_of(found)),
    }
    return render(request, "conversations/versions.html", context)


@require_POST
@signed_in
@refusable
async def regenerate(request: HttpRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    service = partial(turns.regenerate, without=request.POST.get("without", ""))
    return await _again(request, conversation_id, message_id, service)


@require_POST
@signed_in
@refusable
async def continue_(request: HttpRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    return await _again(request, conversation_id, message_id, turns.continue_answer)


@require_POST
@signed_in
@refusable
async def edit(request: HttpRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    def edited(found: Message, *, process: str) -> Turn:
        return turns.edit_message(found, request.POST.get("text", ""), process=process)

    return await _again(request, conversation_id, message_id, edited)


@require_POST
@signed_in
async def select(request: HttpRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """Show the branch that this message is on."""

    def selected() -> None:
        turns.select_version(message_for(request.user, conversation_id, message_id))

    await sync_to_async(selected)()
    return accepted(request, conversation_url(conversation_id))


@require_POST
@signed_in
async def stop(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """End the answer that is being written; what came is kept."""
    found = await sync_to_async(conversation_for)(request.user, conversation_id)
    await here().stop(found.pk)
    return accepted(request, conversation_url(conversation_id))


async def _again(
    request: HttpRequest, conversation_id: UUID, message_id: UUID, service: Callable[..., Turn]
) -> HttpResponse:
    process = here()

    def begin() -> None:
        found = message_for(request.user, conversation_id, message_id)
        process.begin_soon(service(found, process=process.address))

    await sync_to_async(begin)()
    return accepted(request, conversation_url(conversation_id))


def _page(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    conversation = conversation_for(request.user, conversation_id)
    before = request.GET.get("before")
    if before is None:
        page = transcript_page(conversation)
        page["conversation"] = conversation_head(conversation, page["messages"])
        return render(request, "conversations/partials/_messages.html", page)
    if not request.htmx:  # type: ignore[attr-defined]
        return HttpResponseRedirect(f"{conversation.get_absolute_url()}?{urlencode({'before': before})}")
    page = transcript_page(conversation, before=id_in(before))
    return render(request, "conversations/partials/_older_messages.html", page)
