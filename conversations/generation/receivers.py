"""What a model takes of files, as far as is known: from the endpoint's settings, its list of models, and the doctor."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
from django.conf import settings

from conversations.models import Attachment, Endpoint, OfferedModel

# Providers that read a PDF themselves, whatever their lists of models say.
READ_PDF = ("api.openai.com", "openrouter.ai")
MEGABYTE = 1_000_000
# More is refused by every provider, as far as is known, and would be sent again with every turn.
USUAL_MEGABYTES = 50


class Receiver(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whoever is sent a request, as far as files go. What nobody knows is taken to be possible: the endpoint says.

    takes_files    "none", "pdf" or "all": the documents that it reads itself
    most_pictures  in one request; None for no limit, like most_bytes, which counts what travels inside the request
    endpoint_id    whose names for spoken answers count
    """

    reads_pictures: bool = True
    hears_sound: bool = True
    takes_files: str = Endpoint.TakesFiles.NONE.value
    gives_links: bool = False
    most_pictures: int | None = None
    most_bytes: int | None = None
    endpoint_id: int | None = None

    def takes(self, kind: str) -> bool:
        """Whether a file of this kind is of any use to it."""
        if kind == Attachment.Kind.IMAGE:
            return self.reads_pictures
        return self.hears_sound if kind == Attachment.Kind.AUDIO else True

    def reads_itself(self, attachment: Attachment) -> bool:
        """Whether the document is to be sent as it is, rather than as its text."""
        if attachment.kind != Attachment.Kind.DOCUMENT:
            return False
        if attachment.form != Attachment.Form.UNSET:
            return attachment.form == Attachment.Form.FILE
        if attachment.facts.get("is_changed"):
            return False
        is_pdf = attachment.media_type == "application/pdf"
        return self.takes_files == Endpoint.TakesFiles.ALL or (
            is_pdf and self.takes_files == Endpoint.TakesFiles.PDF
        )


def receiver_for(endpoint: Endpoint | None, model: str, *, withheld: Collection[str] = ()) -> Receiver:
    """What is known of a model; one query. `withheld` are kinds of parts that it has refused in this conversation."""
    if endpoint is None:
        return Receiver()
    row = OfferedModel.objects.filter(endpoint=endpoint, name=model).values("data", "profile").first()
    profile: Any = row["profile"] if row else {}
    modalities = row["data"].get("input_modalities") if row and isinstance(row["data"], dict) else None
    named = modalities if isinstance(modalities, list) else None
    return Receiver(
        reads_pictures="image_url" not in withheld and _is_able(profile, "images", named, "image"),
        hears_sound="input_audio" not in withheld and _is_able(profile, "audio", named, "audio"),
        takes_files=_takes_files(endpoint, named),
        gives_links=endpoint.gives_links and bool(settings.PUBLIC_URL),
        most_pictures=endpoint.most_pictures,
        most_bytes=(endpoint.most_megabytes or USUAL_MEGABYTES) * MEGABYTE,
        endpoint_id=endpoint.pk,
    )


def _is_able(profile: Any, ability: str, modalities: list[Any] | None, modality: str) -> bool:
    """What was tried counts before what is said; only a plain no is one."""
    found = profile.get(ability) if isinstance(profile, Mapping) else None
    state = found.get("state") if isinstance(found, Mapping) else None
    if state in ("yes", "no"):
        return bool(state == "yes")
    return modalities is None or modality in modalities


def _takes_files(endpoint: Endpoint, modalities: list[Any] | None) -> str:
    if endpoint.takes_files:
        return str(endpoint.takes_files)
    if endpoint.source == Endpoint.Source.DEMO:
        return Endpoint.TakesFiles.ALL
    host = urlsplit(endpoint.base_url).hostname or ""
    if "file" in (modalities or ()) or host in READ_PDF:
        return Endpoint.TakesFiles.PDF
    return Endpoint.TakesFiles.NONE
