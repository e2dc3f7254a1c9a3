"""The list of models that the picker shows."""

from __future__ import annotations

from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from conversations.generation.process import here
from conversations.models import Endpoint
from conversations.services import endpoints
from conversations.views.answering import signed_in


@require_GET
@signed_in
async def models(request: HttpRequest) -> HttpResponse:
    """All models by endpoint; with `refresh` the endpoints are asked again first."""
    offered = await sync_to_async(endpoints.usable_endpoints)()
    catalog = here().catalog
    if "refresh" in request.GET:
        await catalog.refresh_all(offered)
    else:
        catalog.refresh_stale(offered)
    return await sync_to_async(_list)(request, offered)


def _list(request: HttpRequest, offered: list[Endpoint]) -> HttpResponse:
    groups = [_group(endpoint) for endpoint in offered]
    return render(request, "conversations/partials/_models.html", {"groups": groups})


def _group(endpoint: Endpoint) -> dict[str, Any]:
    endpoint.refresh_from_db()
    return {
        "label": endpoint.name,
        "error": endpoint.list_error,
        "models": [
            {
                "key": endpoints.model_key(endpoint, model.name),
                "label": str(model),
                "note": "" if model.label or str(model) == model.name else model.name,
            }
            for model in endpoint.models.order_by("name")
        ],
    }
