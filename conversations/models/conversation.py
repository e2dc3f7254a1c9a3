"""A conversation: one user's tree of messages, and where in it they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from conversations.models.request_settings import WithRequestSettings

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Those that `user` may open; a deleted one stays in the table until it is purged, but opens for nobody."""
        return self.filter(owner_id=user.pk, deleted_at=None)

    def listed(self) -> Self:
        """Those that stand in the sidebar."""
        return self.filter(archived=False, deleted_at=None)

    def latest_first(self) -> Self:
        return self.order_by("-active_at", "-id")


class Conversation(WithRequestSettings):
    class TitleSource(models.TextChoices):
        WORDS = "words", _("first words")
        MODEL = "model", _("written by the model")
        USER = "user", _("given by the owner")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("owner"), related_name="conversations"
    )
    title = models.CharField(_("title"), max_length=200, blank=True)
    title_source = models.CharField(
        _("title source"), max_length=8, choices=TitleSource, default=TitleSource.WORDS
    )
    endpoint = models.ForeignKey(
        "Endpoint",
        models.SET_NULL,
        verbose_name=_("endpoint"),
        null=True,
        blank=True,
        related_name="conversations",
    )
    model = models.CharField(_("model"), max_length=255, blank=True)
    # Kinds of parts that its model has refused, as its owner was told: it is asked without them.
    withheld = models.JSONField(_("withheld"), default=list, blank=True)
    pinned = models.BooleanField(_("pinned"), default=False)
    archived = models.BooleanField(_("archived"), default=False)
    deleted_at = models.DateTimeField(_("deleted at"), null=True, blank=True)
    head = models.ForeignKey(
        "Message", models.SET_NULL, verbose_name=_("head"), null=True, blank=True, related_name="+"
    )
    # Counts every change of the shown transcript, so that a page knows whether it is out of date.
    revision = models.PositiveIntegerField(_("revision"), default=0)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    active_at = models.DateTimeField(_("active at"), default=timezone.now)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        indexes = [
            models.Index(fields=["owner", "archived", "-active_at", "-id"], name="conversation_sidebar"),
            models.Index(
                fields=["deleted_at"],
                name="conversation_deleted",
                condition=models.Q(deleted_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title or str(_("Untitled"))

    def get_absolute_url(self) -> str:
        return reverse("conversation", args=[self.pk])

    def is_visible_to(self, user_id: int) -> bool:
        """The same as ConversationQuerySet.visible_to, of a row that is loaded."""
        return self.owner_id == user_id and self.deleted_at is None
