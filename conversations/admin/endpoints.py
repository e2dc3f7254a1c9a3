"""Endpoints: add, change, and try out a connection."""

from __future__ import annotations

from typing import Any

from asgiref.sync import async_to_sync
from django import forms
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from conversations.generation.catalog import check
from conversations.models import Endpoint, OfferedModel


class EndpointForm(forms.ModelForm):
    """The key is written, never shown: an empty field keeps the one there is."""

    api_key = forms.CharField(
        label=_("API key"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("Kept encrypted and never shown again. Leave it empty to keep the present key."),
    )

    class Meta:
        model = Endpoint
        fields = ["name", "slug", "base_url", "api_key", "enabled", "position"]

    def clean_api_key(self) -> str:
        return self.cleaned_data["api_key"] or self.instance.api_key

    def clean_slug(self) -> str:
        return self.cleaned_data["slug"] or slugify(self.cleaned_data.get("name", ""))


@admin.register(Endpoint)
class EndpointAdmin(admin.ModelAdmin):
    form = EndpointForm
    list_display = ["name", "base_url", "source", "enabled", "position", "listed_at", "list_error"]
    list_filter = ["enabled", "source"]
    readonly_fields = ["source", "listed_at", "list_error"]
    prepopulated_fields = {"slug": ["name"]}
    ordering = ["position", "id"]
    change_form_template = "admin/conversations/endpoint/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        test = path(
            "<int:endpoint_id>/test/",
            self.admin_site.admin_view(self.test_connection),
            name="conversations_endpoint_test",
        )
        return [test, *super().get_urls()]

    def test_connection(self, request: HttpRequest, endpoint_id: int) -> HttpResponse:
        """Ask the endpoint for its models and for a few words, and show what came of it."""
        endpoint = Endpoint.objects.filter(pk=endpoint_id).first()
        if endpoint is None or not self.has_change_permission(request, endpoint):
            raise Http404
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": _("Test connection"),
            "endpoint": endpoint,
            "opts": self.opts,
        }
        if request.method == "POST":
            context["report"] = async_to_sync(check)(endpoint)
        return render(request, "admin/conversations/endpoint/test.html", context)


@admin.register(OfferedModel)
class OfferedModelAdmin(admin.ModelAdmin):
    list_display = ["name", "label", "endpoint", "context_length"]
    list_filter = ["endpoint"]
    search_fields = ["name", "label"]
    list_select_related = ["endpoint"]
