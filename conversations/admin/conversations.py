"""Conversations, their messages and the parts of these, to read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from conversations.admin.read_only import ReadOnlyAdmin, ReadOnlyInline
from conversations.models import Conversation, Message, Part


@admin.register(Conversation)
class ConversationAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "owner", "model", "active_at", "pinned", "archived", "deleted_at"]
    list_filter = ["archived", "pinned", "endpoint", "active_at"]
    list_select_related = ["owner"]
    search_fields = ["title", "owner__username", "owner__email", "id"]
    date_hierarchy = "created_at"
    ordering = ["-active_at"]
    raw_id_fields = ["head"]


class PartInline(ReadOnlyInline):
    model = Part
    fields = ["index", "kind", "text", "data", "seconds"]
    show_change_link = False


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "role", "excerpt", "status", "model", "finish_reason", "conversation"]
    list_filter = ["role", "status", "created_at"]
    search_fields = ["parts__text", "conversation__title", "conversation__owner__username", "id"]
    ordering = ["-id"]
    list_select_related = ["conversation"]
    inlines = [PartInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        return super().get_queryset(request).prefetch_related("parts")

    @admin.display(description=_("text"))
    def excerpt(self, message: Any) -> str:
        return Truncator(message.text).chars(80)
