"""Runs and the exchanges with endpoints inside them, to read."""

from __future__ import annotations

from django.contrib import admin

from conversations.admin.read_only import ReadOnlyAdmin, ReadOnlyInline
from conversations.models import Completion, Generation


class CompletionInline(ReadOnlyInline):
    model = Completion
    fields = ["model", "endpoint", "prompt_tokens", "completion_tokens", "seconds", "error_kind"]


@admin.register(Generation)
class GenerationAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "conversation", "status", "heartbeat_at", "finished_at"]
    list_filter = ["status", "created_at"]
    list_select_related = ["conversation"]
    search_fields = ["id", "conversation__title"]
    ordering = ["-id"]
    inlines = [CompletionInline]


@admin.register(Completion)
class CompletionAdmin(ReadOnlyAdmin):
    list_display = [
        "started_at",
        "model",
        "endpoint",
        "prompt_tokens",
        "completion_tokens",
        "first_token_seconds",
        "seconds",
        "error_kind",
    ]
    list_filter = ["error_kind", "endpoint", "started_at"]
    list_select_related = ["endpoint"]
    search_fields = ["id", "model", "response_id", "error_message"]
    ordering = ["-id"]
