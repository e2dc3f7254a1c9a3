"""Content that comes as an array of parts, and pictures beside it, read into texts and addresses."""

from __future__ import annotations

from typing import Any

from .events import PartKind


def read_content_parts(parts: list[Any]) -> list[tuple[PartKind, str]]:
    """Texts, thinking and addresses of pictures in an array of parts, in order; other parts are ignored."""
    found: list[tuple[PartKind, str]] = []
    for part in parts:
        if isinstance(part, str):
            found.append((PartKind.TEXT, part))
        elif isinstance(part, dict):
            found.extend(_read_part(part))
    return [(kind, text) for kind, text in found if text]


def _read_part(part: dict[str, Any]) -> list[tuple[PartKind, str]]:
    kind = part.get("type")
    if kind == "thinking":
        thinking = part.get("thinking")
        inner = thinking if isinstance(thinking, list) else [thinking]
        return [(PartKind.REASONING, text) for _, text in read_content_parts(inner)]
    if kind in ("image_url", "output_image", "image"):
        return [(PartKind.IMAGE, image_url(part))]
    if kind == "refusal" and isinstance(part.get("refusal"), str):
        return [(PartKind.REFUSAL, part["refusal"])]
    text = part.get("text")
    if kind in ("text", "output_text", None) and isinstance(text, str):
        return [(PartKind.TEXT, text)]
    return []


def image_url(image: Any) -> str:
    """The address of a picture in any of its shapes, "" when it has none."""
    if isinstance(image, str):
        return image
    if not isinstance(image, dict):
        return ""
    for name in ("image_url", "url"):
        value = image.get(name)
        if isinstance(value, dict):
            value = value.get("url")
        if isinstance(value, str) and value:
            return value
    encoded = image.get("b64_json")
    return f"data:image/png;base64,{encoded}" if isinstance(encoded, str) and encoded else ""
