"""A message: one turn in a conversation's tree, never changed once it is final.

An edit, a regeneration and a further choice are siblings under the same parent, so nothing that was said is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connections, models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid_utils.compat import uuid7

from conversations.models.attachment import Attachment

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

    from conversations.models.part import Part


class MessageQuerySet(models.QuerySet["Message"]):
    def path_ids(self, leaf_id: UUID, limit: int | None = None) -> list[UUID]:
        """The ids from `leaf_id` up towards the root, oldest first, at most `limit` of them."""
        return self.paths([leaf_id], limit)[leaf_id]

    def paths(self, leaf_ids: Sequence[UUID], limit: int | None = None) -> dict[UUID, list[UUID]]:
        """The same of each of `leaf_ids`; of one that is no message, nothing.

        One recursive query: its cost is that of the messages returned, however long the conversations are.
        """
        paths: dict[UUID, list[UUID]] = {leaf_id: [] for leaf_id in leaf_ids}
        if not paths:
            return paths
        id_field = self.model._meta.pk
        connection = connections[self.db]
        table = connection.ops.quote_name(self.model._meta.db_table)
        leaves = ", ".join(["%s"] * len(paths))
        stop = "" if limit is None else "WHERE path.depth < %s"
        sql = (
            "WITH RECURSIVE path(leaf, id, parent_id, depth) AS ("  # noqa: S608  (only a table name is put in)
            f" SELECT id, id, parent_id, 1 FROM {table} WHERE id IN ({leaves})"
            " UNION ALL"
            " SELECT path.leaf, m.id, m.parent_id, path.depth + 1"
            f" FROM {table} m JOIN path ON m.id = path.parent_id {stop}"
            ") SELECT leaf, id FROM path ORDER BY depth DESC"
        )
        parameters: list[Any] = [id_field.get_db_prep_value(leaf_id, connection) for leaf_id in paths]
        if limit is not None:
            parameters.append(limit)
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            for leaf_id, message_id in cursor.fetchall():
                paths[id_field.to_python(leaf_id)].append(id_field.to_python(message_id))
        return paths

    def newest_descendant_id(self, message_id: UUID) -> UUID:
        """The leaf under `message_id` that was written last (itself, when nothing follows it)."""
        id_field = self.model._meta.pk
        connection = connections[self.db]
        table = connection.ops.quote_name(self.model._meta.db_table)
        sql = (
            "WITH RECURSIVE tree(id) AS ("  # noqa: S608  (only a table name is put in)
            f" SELECT id FROM {table} WHERE id = %s"
            f" UNION ALL SELECT m.id FROM {table} m JOIN tree ON m.parent_id = tree.id"
            ") SELECT id FROM tree ORDER BY id DESC LIMIT 1"
        )
        with connection.cursor() as cursor:
            cursor.execute(sql, [id_field.get_db_prep_value(message_id, connection)])
            return id_field.to_python(cursor.fetchone()[0])

    def in_order(self, ids: Iterable[UUID]) -> list[Message]:
        """The messages of `ids` with their parts and exchange, in the order given.

        Three queries, however many they are, and a fourth if there are files.
        """
        wanted = list(ids)
        # Of messages without files, which are most, nothing is asked.
        files = models.Prefetch("parts__attachment", Attachment.objects.light())
        told = self.select_related("completion").defer("completion__request", "completion__response")
        rows = {
            message.pk: message for message in told.filter(pk__in=wanted).prefetch_related("parts", files)
        }
        return [rows[pk] for pk in wanted if pk in rows]


class Message(models.Model):
    class Role(models.TextChoices):
        SYSTEM = "system", _("system")
        USER = "user", _("user")
        ASSISTANT = "assistant", _("assistant")
        TOOL = "tool", _("tool")

    class Status(models.TextChoices):
        STREAMING = "streaming", _("being written")
        COMPLETE = "complete", _("complete")
        STOPPED = "stopped", _("stopped by the reader")
        FAILED = "failed", _("failed")
        INTERRUPTED = "interrupted", _("interrupted")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation = models.ForeignKey(
        "Conversation", models.CASCADE, verbose_name=_("conversation"), related_name="messages"
    )
    # A conversation's messages go together, so following this link on deletion would only recurse message by message.
    parent = models.ForeignKey(
        "self", models.DO_NOTHING, verbose_name=_("parent"), null=True, blank=True, related_name="children"
    )
    role = models.CharField(_("role"), max_length=9, choices=Role)
    status = models.CharField(_("status"), max_length=11, choices=Status, default=Status.COMPLETE)
    finish_reason = models.CharField(_("finish reason"), max_length=64, blank=True)
    model = models.CharField(_("model"), max_length=255, blank=True)
    generation = models.ForeignKey(
        "Generation",
        models.SET_NULL,
        verbose_name=_("generation"),
        null=True,
        blank=True,
        related_name="messages",
    )
    completion = models.ForeignKey(
        "Completion",
        models.SET_NULL,
        verbose_name=_("completion"),
        null=True,
        blank=True,
        related_name="messages",
    )
    choice_index = models.PositiveSmallIntegerField(_("choice index"), default=0)
    extra = models.JSONField(
        _("extra"),
        default=dict,
        blank=True,
        help_text=_("Members of the endpoint's message that the protocol does not name."),
    )
    sent_as = models.UUIDField(
        _("sent as"),
        null=True,
        blank=True,
        editable=False,
        help_text=_(
            "Names the act of sending it: what is sent again, for want of an answer, is stored once."
        ),
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    if TYPE_CHECKING:
        parts: RelatedManager[Part]

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        indexes = [models.Index(fields=["conversation", "id"], name="message_by_conversation")]
        constraints = [
            models.CheckConstraint(
                name="message_role_known",
                condition=models.Q(role__in=["system", "user", "assistant", "tool"]),
            ),
            models.UniqueConstraint(
                fields=["sent_as"], name="message_sent_once", condition=models.Q(sent_as__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} {self.pk}"

    @property
    def text(self) -> str:
        """What the message says, as its author wrote or spoke it: its parts in words, one after another."""
        said = (part.text for part in self.parts.all() if part.kind in {"text", "audio"})
        return "\n\n".join(text for text in said if text)
