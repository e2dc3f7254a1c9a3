"""What is done to whole conversations, and the lists that they stand in."""

from __future__ import annotations

from uuid import UUID

from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from conversations.access import conversation_for, deleted_conversation_for
from conversations.generation.process import here
from conversations.models import Conversation
from conversations.services import conversations, endpoints
from conversations.sidebar import sidebar_item, sidebar_page
from conversations.views.answering import accepted, signed_in
from conversations.views.pages import page_context

ARCHIVED_PER_PAGE = 50


@require_GET
@login_required
def sidebar(request: HttpRequest) -> HttpResponse:
    """One page of the sidebar's list, after the place `after`."""
    page = sidebar_page(request.user.pk, after=request.GET.get("after", ""))  # type: ignore[arg-type]
    return render(request, "conversations/partials/_sidebar_page.html", {"page": page})


@require_GET
@login_required
def archived(request: HttpRequest) -> HttpResponse:
    """What was put away: newest first."""
    rows = Conversation.objects.visible_to(request.user).filter(archived=True).latest_first()
    page = Paginator(rows, ARCHIVED_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "conversations": [sidebar_item(row, is_streaming=False) for row in page],
        "next_url": f"{reverse('archived')}?page={page.next_page_number()}" if page.has_next() else "",
    }
    if request.htmx and page.number > 1:  # type: ignore[attr-defined]
        return render(request, "conversations/partials/_archived_page.html", context)
    return render(request, "conversations/archived.html", context | page_context(request))


@require_POST
@login_required
def rename(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    found = conversation_for(request.user, conversation_id)
    conversations.rename_conversation(found, request.POST.get("title", ""))
    return accepted(request, found.get_absolute_url())


@require_POST
@login_required
def pin(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Pin it, or unpin it if it is pinned."""
    found = conversation_for(request.user, conversation_id)
    conversations.set_pinned(found, pinned=not found.pinned)
    return accepted(request, found.get_absolute_url())


@require_POST
@login_required
def archive(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    found = conversation_for(request.user, conversation_id)
    conversations.set_archived(found, archived=True)
    return accepted(request, reverse("home"))


@require_POST
@signed_in
async def delete(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Out of sight, and nothing more is asked for it."""

    def deleted() -> None:
        conversations.delete_conversation(conversation_for(request.user, conversation_id))

    await sync_to_async(deleted)()
    await here().stop(conversation_id)
    return accepted(request, reverse("home"))


@require_POST
@login_required
def restore(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Bring back what was archived or deleted."""
    archived_one = (
        Conversation.objects.visible_to(request.user).filter(pk=conversation_id, archived=True).first()
    )
    if archived_one:
        conversations.set_archived(archived_one, archived=False)
        return accepted(request, archived_one.get_absolute_url())
    found = deleted_conversation_for(request.user, conversation_id)
    conversations.restore_conversation(found)
    return accepted(request, found.get_absolute_url())


@require_POST
@login_required
def choose_model(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Ask this model from the next message on."""
    found = conversation_for(request.user, conversation_id)
    choice = endpoints.choose(request.POST.get("model", ""), at=found.endpoint)
    if choice:
        conversations.choose_model(found, endpoint=choice.endpoint, model=choice.name)
    return accepted(request, found.get_absolute_url())
