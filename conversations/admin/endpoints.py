"""Endpoints: add, change, and try out a connection."""

from __future__ import annotations

from typing import Any

from asgiref.sync import async_to_sync
from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from conversations.abilities import ability_rows
from conversations.endpoints import model_to_test
from conversations.generation.catalog import check, probe
from conversations.models import Endpoint, OfferedModel
from conversations.protocol.text_repair import clean_text
from conversations.services.endpoints import checked_address, unused_slug
from conversations.services.errors import EndpointRefused

# The environment holds its endpoint's key, and the demo wants none.
KEY_IS_ELSEWHERE = (Endpoint.Source.ENVIRONMENT, Endpoint.Source.DEMO)
# What becomes of files on their way there.
FILE_FIELDS = ("takes_files", "gives_links", "most_pictures", "most_megabytes")


class EndpointForm(forms.ModelForm):
    """The key is written, never shown: an empty field keeps the one there is."""

    api_key = forms.CharField(
        label=_("API key"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("Kept encrypted and never shown again. Leave it empty to keep the present key."),
    )
    remove_key = forms.BooleanField(label=_("Remove the present key"), required=False)

    class Meta:
        model = Endpoint
        fields = [
            "name",
            "slug",
            "base_url",
            "api_key",
            "remove_key",
            "enabled",
            "position",
            *FILE_FIELDS,
        ]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "slug" in self.fields:
            self.fields["slug"].required = False
        if not self.instance.api_key:
            self.fields.pop("remove_key", None)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "api_key" in cleaned and not cleaned["api_key"] and not cleaned.get("remove_key"):
            cleaned["api_key"] = self.instance.api_key
        return cleaned

    def clean_base_url(self) -> str:
        try:
            return checked_address(self.cleaned_data["base_url"])
        except EndpointRefused as refused:
            raise forms.ValidationError(str(refused)) from refused

    def clean_slug(self) -> str:
        return self.cleaned_data["slug"] or unused_slug(self.cleaned_data.get("name", ""))


@admin.register(Endpoint)
class EndpointAdmin(admin.ModelAdmin):
    form = EndpointForm
    list_display = [
        "name",
        "shown_url",
        "source",
        "enabled",
        "present",
        "position",
        "listed_at",
        "list_error",
    ]
    list_filter = ["enabled", "source"]
    readonly_fields = ["source", "present", "listed_at", "list_error"]
    prepopulated_fields = {"slug": ["name"]}
    ordering = ["position", "id"]
    change_form_template = "admin/conversations/endpoint/change_form.html"

    def get_readonly_fields(self, request: HttpRequest, obj: Endpoint | None = None) -> list[str]:
        return [*self.readonly_fields, "shown_url"]

    def get_fields(self, request: HttpRequest, obj: Endpoint | None = None) -> list[Any]:
        if not self.has_change_permission(request, obj):
            return [
                "name",
                "slug",
                "shown_url",
                "enabled",
                "position",
                *FILE_FIELDS,
                *self.readonly_fields[:-1],
            ]
        # The site brings the address of an endpoint that it found itself.
        address = "shown_url" if obj and obj.source != Endpoint.Source.ADMIN else "base_url"
        key = [] if obj and obj.source in KEY_IS_ELSEWHERE else ["api_key"]
        if obj and key and obj.api_key:
            key.append("remove_key")
        return [
            "name",
            "slug",
            address,
            *key,
            "enabled",
            "position",
            *FILE_FIELDS,
            *self.readonly_fields,
        ]

    @admin.display(description=_("base URL"), ordering="base_url")
    def shown_url(self, endpoint: Endpoint) -> str:
        return endpoint.shown_url

    def get_urls(self) -> list[URLPattern]:
        test = path(
            "<int:endpoint_id>/test/",
            self.admin_site.admin_view(self.test_connection),
            name="conversations_endpoint_test",
        )
        doctor = path(
            "<int:endpoint_id>/probe/",
            self.admin_site.admin_view(self.probe),
            name="conversations_endpoint_probe",
        )
        return [test, doctor, *super().get_urls()]

    def test_connection(self, request: HttpRequest, endpoint_id: int) -> HttpResponse:
        """Ask the endpoint for its models and for a few words, and show what came of it."""
        endpoint, context = self._page(request, endpoint_id, _("Test connection"))
        if request.method == "POST":
            context["report"] = async_to_sync(check)(endpoint)
        return render(request, "admin/conversations/endpoint/test.html", context)

    def probe(self, request: HttpRequest, endpoint_id: int) -> HttpResponse:
        """Find out what a model can do, keep it, and show what is kept of all models."""
        endpoint, context = self._page(request, endpoint_id, _("What models can do"))
        name = clean_text(request.POST.get("model", "")).strip()
        if request.method == "POST" and async_to_sync(probe)(endpoint, name) is None:
            messages.warning(request, _("Nothing was kept: there is no such model, or it does not answer."))
        models = list(endpoint.models.defer("data").order_by("name"))
        names = [model.name for model in models]
        context |= {
            "names": names,
            "name": name or model_to_test(names),
            "models": [(model, ability_rows(model.profile)) for model in models if model.profile],
        }
        return render(request, "admin/conversations/endpoint/probe.html", context)

    def _page(self, request: HttpRequest, endpoint_id: int, title: Any) -> tuple[Endpoint, dict[str, Any]]:
        endpoint = Endpoint.objects.filter(pk=endpoint_id).first()
        if endpoint is None or not self.has_change_permission(request, endpoint):
            raise Http404
        around = self.admin_site.each_context(request)
        return endpoint, {**around, "title": title, "endpoint": endpoint, "opts": self.opts}


@admin.register(OfferedModel)
class OfferedModelAdmin(admin.ModelAdmin):
    list_display = ["name", "label", "endpoint", "context_length"]
    readonly_fields = ["profile", "probed_at"]
    list_filter = ["endpoint"]
    search_fields = ["name", "label"]
    list_select_related = ["endpoint"]
