"""Presets and defaults: what people have kept, to look at and to take away."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from conversations.models import Preset, RequestDefaults


class Kept(admin.ModelAdmin):
    """Its owner changes it, through the panel of parameters, which checks it."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Preset)
class PresetAdmin(Kept):
    list_display = ["name", "owner", "shared", "model_key", "created_at"]
    list_filter = ["shared"]
    list_select_related = ["owner"]
    search_fields = ["name", "owner__username"]


@admin.register(RequestDefaults)
class RequestDefaultsAdmin(Kept):
    list_display = ["user", "model_key"]
    list_select_related = ["user"]
    search_fields = ["user__username"]
