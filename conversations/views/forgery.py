"""What is answered when a request does not prove that it comes from a page of ours."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.csrf import csrf_failure


def refuse(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Somebody who cleared their cookies is signed out, and told so; any other page is out of date."""
    if not request.headers.get("HX-Request"):
        return csrf_failure(request, reason=reason)
    if not request.user.is_authenticated:
        return HttpResponse(status=401)
    context = {"text": _("This page is out of date. Reload it to go on.")}
    return render(request, "conversations/partials/_notice.html", context, status=403)
