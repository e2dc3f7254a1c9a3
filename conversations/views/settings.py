"""What people set for themselves."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from conversations.views.pages import page_context
from conversations.views.parameters import kept_by


@require_GET
@login_required
def settings(request: HttpRequest) -> HttpResponse:
    return render(request, "conversations/settings.html", page_context(request) | kept_by(request))
