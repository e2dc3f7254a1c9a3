"""Conversations, their messages and the parts of these, to read."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from conversations.admin.read_only import ReadOnlyAdmin, ReadOnlyInline
from conversations.models import Conversation, Message, Part, readable_name


@admin.register(Conversation)
class ConversationAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "owner", "short_model", "active_at", "deleted_at"]
    list_filter = ["archived", "pinned", "endpoint", "active_at"]
    list_select_related = ["owner"]
    readonly_fields = ["messages"]
    search_fields = ["title", "owner__username", "owner__email", "id"]
    date_hierarchy = "created_at"
    ordering = ["-active_at"]
    raw_id_fields = ["head"]

    @admin.display(description=_("model"), ordering="model")
    def short_model(self, conversation: Conversation) -> str:
        return readable_name(conversation.model)

    @admin.display(description=_("messages"))
    def messages(self, conversation: Conversation) -> str:
        url = reverse("admin:conversations_message_changelist")
        count = Message.objects.filter(conversation=conversation).count()
        return format_html('<a href="{}?conversation__id__exact={}">{}</a>', url, conversation.pk, count)


class PartInline(ReadOnlyInline):
    model = Part
    fields = ["index", "kind", "text", "data", "seconds"]
    show_change_link = False


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "role", "excerpt", "status", "conversation"]
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
