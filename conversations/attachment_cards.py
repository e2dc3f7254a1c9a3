"""Attachments as pages show them: plain values, without a query left to do while rendering."""

from __future__ import annotations

from uuid import UUID

import msgspec
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from conversations.models import Attachment


class AttachmentCard(msgspec.Struct, frozen=True):
    """`width` and `height` are those of the whole picture, `thumbnail_width` and -height of the small one, all upright.

    `facts` says in a few words what kind of file it is and how large.
    """

    id: UUID
    kind: str
    name: str
    alt: str
    url: str
    thumbnail_url: str
    preview_url: str
    facts: str
    width: int = 0
    height: int = 0
    thumbnail_width: int = 0
    thumbnail_height: int = 0
    seconds: float | None = None
    peaks: str = ""
    detail: str = ""
    form: str = ""
    has_text: bool = False


def attachment_card(attachment: Attachment) -> AttachmentCard:
    facts = attachment.facts
    thumbnail = facts.get("thumbnail") or {}
    url = attachment.url
    has_thumbnail = bool(attachment.thumbnail)
    return AttachmentCard(
        id=attachment.pk,
        kind=attachment.kind,
        name=attachment.name,
        alt=attachment.alt,
        url=url,
        thumbnail_url=f"{url}thumbnail/" if has_thumbnail else "",
        preview_url=f"{url}preview/" if attachment.kind in {"document", "text"} else "",
        facts=" · ".join(_facts(attachment)),
        width=facts.get("width") or 0,
        height=facts.get("height") or 0,
        thumbnail_width=thumbnail.get("width") or 0,
        thumbnail_height=thumbnail.get("height") or 0,
        seconds=facts.get("seconds"),
        peaks=" ".join(map(str, facts.get("peaks") or ())),
        detail=attachment.detail,
        form=attachment.form,
        has_text=attachment.kind in {"document", "text"},
    )


def duration(seconds: float) -> str:
    """Minutes and seconds, as players show them."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"


def _facts(attachment: Attachment) -> list[str]:
    facts = attachment.facts
    told = [_kind(attachment)]
    if attachment.kind == Attachment.Kind.IMAGE and facts.get("width"):
        told.append(f"{facts['width']} × {facts['height']}")
    if (seconds := facts.get("seconds")) is not None:
        told.append(duration(seconds))
    if pages := facts.get("pages"):
        told.append(ngettext("%(count)d page", "%(count)d pages", pages) % {"count": pages})
    if attachment.kind in {"document", "text"} and (words := facts.get("words")) is not None:
        told.append(ngettext("%(count)d word", "%(count)d words", words) % {"count": words})
    told.append(filesizeformat(attachment.size))
    if facts.get("is_cut"):
        told.append(_("cut"))
    if facts.get("is_changed"):
        told.append(_("changed by you"))
    return told


def _kind(attachment: Attachment) -> str:
    """The end of the name, as people call kinds of files."""
    _stem, dot, extension = attachment.name.rpartition(".")
    return extension.upper()[:8] if dot else str(attachment.get_kind_display())
