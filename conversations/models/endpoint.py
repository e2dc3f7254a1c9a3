"""An endpoint: where Chat Completions are asked for and with which key; and the models that it offers."""

from __future__ import annotations

import re
from typing import Self

from django.db import models
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from conversations.models.encryption import EncryptedTextField
from conversations.protocol.key_masking import mask_keys

# `vendor/model` is a name like any other.
FILE_PATH = re.compile(r"(?:[A-Za-z]:)?[/\\]|\.{1,2}/|.*\.gguf\Z", re.DOTALL)


class EndpointQuerySet(models.QuerySet["Endpoint"]):
    def usable(self) -> Self:
        return self.filter(enabled=True, present=True).order_by("position", "id")


class Endpoint(models.Model):
    # What conversations.endpoints takes for the demo; no network is involved.
    DEMO_URL = "demo://built-in/v1"

    class Source(TextChoices):
        ADMIN = "admin", _("added here")
        ENVIRONMENT = "environment", _("OPENAI_BASE_URL")
        LOCAL = "local", _("found on this machine")
        DEMO = "demo", _("built in")

    class TakesFiles(TextChoices):
        UNKNOWN = "", _("as its models say")
        NONE = "none", _("none")
        PDF = "pdf", _("PDF")
        ALL = "all", _("all")

    name = models.CharField(_("name"), max_length=80, unique=True)
    slug = models.SlugField(_("slug"), max_length=80, unique=True)
    base_url = models.CharField(_("base URL"), max_length=500, help_text=_("Usually ends in /v1."))
    api_key = EncryptedTextField(_("API key"), blank=True)
    source = models.CharField(
        _("source"), max_length=12, choices=Source, default=Source.ADMIN, editable=False
    )
    enabled = models.BooleanField(_("enabled"), default=True)
    # The site's own finding, where `enabled` is what staff want.
    present = models.BooleanField(
        _("present"),
        default=True,
        editable=False,
        help_text=_("The environment names it, or it answered when Chatsite started."),
    )
    position = models.PositiveSmallIntegerField(
        _("position"), default=100, help_text=_("The lowest comes first.")
    )
    gives_links = models.BooleanField(
        _("give links to files"),
        default=False,
        help_text=_(
            "The endpoint fetches pictures itself, by links that are good for an hour. Needs CHATSITE_PUBLIC_URL. "
            "Otherwise they travel inside the request."
        ),
    )
    takes_files = models.CharField(
        _("takes files"),
        max_length=8,
        choices=TakesFiles,
        blank=True,
        help_text=_("Which documents it reads itself. All others are sent as their text."),
    )
    most_pictures = models.PositiveSmallIntegerField(
        _("most pictures"),
        null=True,
        blank=True,
        help_text=_("In one request. The oldest are left out of longer conversations."),
    )
    most_megabytes = models.PositiveIntegerField(
        _("most megabytes"),
        null=True,
        blank=True,
        help_text=_("Of files in one request. The oldest are left out of longer conversations."),
    )
    listed_at = models.DateTimeField(_("listed at"), null=True, blank=True, editable=False)
    list_error = models.TextField(_("list error"), blank=True, editable=False)

    objects = EndpointQuerySet.as_manager()

    class Meta:
        verbose_name = _("endpoint")
        verbose_name_plural = _("endpoints")

    def __str__(self) -> str:
        return self.name

    @property
    def shown_url(self) -> str:
        """The base URL without a password or key in it."""
        return mask_keys(self.base_url)


class OfferedModel(models.Model):
    endpoint = models.ForeignKey(
        "Endpoint", models.CASCADE, verbose_name=_("endpoint"), related_name="models"
    )
    name = models.CharField(_("name"), max_length=255, help_text=_("As the endpoint names it."))
    label = models.CharField(_("label"), max_length=255, blank=True)
    context_length = models.PositiveIntegerField(_("context length"), null=True, blank=True)
    data = models.JSONField(_("data"), default=dict, blank=True)
    profile = models.JSONField(
        _("profile"), default=dict, blank=True, help_text=_("What it could do when it was tried.")
    )
    probed_at = models.DateTimeField(_("tried at"), null=True, blank=True)

    class Meta:
        verbose_name = _("model")
        verbose_name_plural = _("models")
        constraints = [models.UniqueConstraint(fields=["endpoint", "name"], name="model_of_endpoint")]

    def __str__(self) -> str:
        return self.label or readable_name(self.name)


def readable_name(name: str) -> str:
    """A model's name for people: of the path of a file, by which local servers call theirs, the last part."""
    if not FILE_PATH.match(name):
        return name
    last = re.split(r"[/\\]", name)[-1]
    return last.removesuffix(".gguf") or name
