"""Files, by what is known of them: whose they are and how much they take. What they hold is their owners' business."""

from __future__ import annotations

from django.contrib import admin
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from conversations.admin.read_only import ReadOnlyAdmin
from conversations.models import Attachment


@admin.register(Attachment)
class AttachmentAdmin(ReadOnlyAdmin):
    list_display = ["name", "owner", "kind", "media_type", "takes", "is_waiting", "created_at"]
    list_filter = ["kind", "is_waiting", "created_at"]
    list_select_related = ["owner"]
    search_fields = ["name", "owner__username"]
    fields = [
        "id",
        "name",
        "owner",
        "kind",
        "media_type",
        "size",
        "stored_bytes",
        "sha256",
        "facts",
        "alt",
        "detail",
        "form",
        "is_waiting",
        "created_at",
    ]

    @admin.display(description=_("takes"), ordering="stored_bytes")
    def takes(self, attachment: Attachment) -> str:
        return filesizeformat(attachment.stored_bytes)
