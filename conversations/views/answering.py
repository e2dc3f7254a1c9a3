"""What views that start or stop answers share: who may, what happens on refusal, and how the browser is answered."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from conversations.access import id_in
from conversations.generation.process import here
from conversations.services.errors import ServiceError

View = Callable[..., Coroutine[Any, Any, HttpResponseBase]]


def signed_in(view: View) -> View:
    """For asynchronous views: strangers are sent to sign in; a script is told so with 401, so that nothing is lost."""

    @wraps(view)
    async def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # One visit to a thread: auser() takes two, and what is synchronous would then load the user again.
        if await sync_to_async(_is_signed_in)(request):
            await here().ready()
            return await view(request, *args, **kwargs)
        if is_script(request):
            return HttpResponse(status=401)
        return redirect_to_login(request.get_full_path())

    return guarded


def is_script(request: HttpRequest) -> bool:
    """Whether a script asks, which shows the answer itself, and not a browser that goes to another page."""
    return bool(request.htmx) or "X-Requested-With" in request.headers  # type: ignore[attr-defined]


def user_id(request: HttpRequest) -> int:
    """Of somebody who is signed in."""
    assert request.user.pk is not None
    return int(request.user.pk)


def ids_in(request: HttpRequest) -> tuple[UUID, ...]:
    """The ids of the attachments that a form names, in their order."""
    return tuple(pk for name in request.POST.getlist("attachment") if (pk := id_in(name)))


def _is_signed_in(request: HttpRequest) -> bool:
    return request.user.is_authenticated


def refusable(view: View) -> View:
    """A service's refusal becomes an answer that says so in its own words."""

    @wraps(view)
    async def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return await view(request, *args, **kwargs)
        except ServiceError as refused:
            return await sync_to_async(refusal)(request, refused)

    return answered


def refusal(request: HttpRequest, refused: ServiceError) -> HttpResponse:
    context = {"text": str(refused)}
    return render(request, "conversations/partials/_notice.html", context, status=refused.status)


def accepted(request: HttpRequest, conversation_url: str) -> HttpResponse:
    """Done: the page learns of it through its socket; a page without JavaScript is shown the conversation again."""
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(status=204)
    return HttpResponseRedirect(conversation_url)


def conversation_url(conversation_id: Any) -> str:
    return reverse("conversation", args=[conversation_id])
