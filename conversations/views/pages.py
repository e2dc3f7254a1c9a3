"""The two pages of chat: a new conversation, and one that there is."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings as django_settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from conversations.access import conversation_for, id_in, preset_for
from conversations.generation.process import Process, here
from conversations.generation.reaper import reap_abandoned
from conversations.models import Conversation, Endpoint, RequestSettings, readable_name
from conversations.parameter_form import EXTRA, PREFIX, ParameterForm
from conversations.services import endpoints, turns
from conversations.services.errors import BadParameters
from conversations.sidebar import sidebar_page
from conversations.transcript import conversation_head, transcript_page
from conversations.tray import waiting_cards
from conversations.views.answering import ids_in, refusable, signed_in, user_id


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@refusable
async def home(request: HttpRequest) -> HttpResponse:
    """An empty conversation; posting to it makes one of it."""
    if request.method != "POST":
        return await sync_to_async(_new_page)(request)
    conversation = await sync_to_async(_create)(request, here())
    if not request.htmx:  # type: ignore[attr-defined]
        return HttpResponseRedirect(conversation.get_absolute_url())
    response = await sync_to_async(_conversation_page)(request, conversation)
    response["HX-Push-Url"] = conversation.get_absolute_url()
    return response


@require_GET
@signed_in
async def conversation(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    return await sync_to_async(_open)(request, conversation_id, here().address)


def page_context(request: HttpRequest, *, current: UUID | None = None) -> dict[str, Any]:
    """What every page shows around its content."""
    return {
        "theme": theme(request),
        "largest_file": django_settings.MAX_FILE_BYTES,
        "sidebar": None if partial(request) else sidebar_page(user_id(request), current=current),
    }


def theme(request: HttpRequest) -> str:
    chosen = request.COOKIES.get("theme", "")
    return chosen if chosen in {"light", "dark"} else "system"


def partial(request: HttpRequest) -> bool:
    """Whether only the main part is asked for: htmx navigates within a page that has the rest."""
    return bool(request.htmx) and not request.htmx.history_restore_request  # type: ignore[attr-defined]


def _open(request: HttpRequest, conversation_id: UUID, address: str) -> HttpResponse:
    found = conversation_for(request.user, conversation_id)
    if reap_abandoned(found.pk, sparing=address):
        found = conversation_for(request.user, conversation_id)
    return _conversation_page(request, found)


def _create(request: HttpRequest, process: Process) -> Conversation:
    made, turn = turns.send_first_message(
        request.user,  # type: ignore[arg-type]
        request.POST.get("text", ""),
        choice=endpoints.choose(request.POST.get("model", "")),
        process=process.address,
        settings=_settings(request),
        files=ids_in(request),
        sent_as=id_in(request.POST.get("key")),
    )
    if turn:
        process.begin_soon(turn)
    return made


def _settings(request: HttpRequest) -> RequestSettings | None:
    """What the panel of parameters says, if it was open; else the preset that the page was opened with."""
    if f"{PREFIX}-{EXTRA}" in request.POST:
        form = ParameterForm(request.POST)
        if not form.is_valid():
            raise BadParameters(form.complaints)
        return form.request_settings
    preset = request.POST.get("preset", "")
    try:
        return preset_for(request.user, preset).request_settings if preset else None
    except Http404 as gone:
        raise BadParameters(_("This preset is not there any more. Open a new chat without it.")) from gone


def _new_page(request: HttpRequest) -> HttpResponse:
    asked = request.POST if request.method == "POST" else request.GET
    preset = preset_for(request.user, asked["preset"]) if asked.get("preset") else None
    choice = endpoints.choose(asked.get("model", "") or (preset.model_key if preset else ""))
    context = page_context(request) | {
        "conversation": None,
        "messages": [],
        "older_url": "",
        "model_key": choice.key if choice else "",
        "model_label": readable_name(choice.name) if choice else "",
        "composer_url": reverse("home"),
        "preset": preset,
        "prefill": request.POST.get("text") or request.GET.get("q", ""),
        "suggestions": _suggestions(choice.endpoint if choice else None),
        "waiting": waiting_cards(user_id(request), None, model_key=choice.key if choice else ""),
        "demo_notice": choice is None or choice.endpoint.source == Endpoint.Source.DEMO,
    }
    return render(request, _template(request), context)


def _conversation_page(
    request: HttpRequest, conversation: Conversation, *, prefill: str = ""
) -> HttpResponse:
    page = transcript_page(conversation, before=id_in(request.GET.get("before")))
    head = conversation_head(conversation, page["messages"])
    context = (
        page_context(request, current=conversation.pk)
        | page
        | {
            "conversation": head,
            "model_key": head.model_key,
            "model_label": head.model_label,
            "composer_url": f"{head.url}messages/",
            "prefill": prefill,
            "suggestions": [],
            "waiting": waiting_cards(user_id(request), conversation),
            "demo_notice": False,
        }
    )
    return render(request, _template(request), context)


def page_again(request: HttpRequest, conversation: Conversation | None) -> HttpResponse:
    """The page that a form without a script was sent from, as it was left."""
    if conversation is None:
        return _new_page(request)
    return _conversation_page(request, conversation, prefill=request.POST.get("text", ""))


def _template(request: HttpRequest) -> str:
    return "conversations/partials/_main.html" if partial(request) else "conversations/conversation.html"


def _suggestions(endpoint: Endpoint | None) -> list[str]:
    if endpoint is None or endpoint.source == Endpoint.Source.DEMO:
        return [
            _("Show me a long Markdown tour"),
            _("Think about it first"),
            _("Write some code"),
            _("What can you do?"),
        ]
    return [
        _("Explain something difficult in simple words"),
        _("Help me write a friendly email"),
        _("Find the mistake in my code"),
        _("Plan a weekend with me"),
    ]
