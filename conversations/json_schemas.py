"""Schemas to begin with, for an answer as JSON. Strict as OpenAI means it: no other members, all needed."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _


def _object(**members: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": members,
        "required": list(members),
        "additionalProperties": False,
    }


def _text(description: str) -> dict[str, Any]:
    return {"type": "string", "description": description}


def _list(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


TITLES = {"list": _("A list"), "facts": _("Facts in a text"), "verdict": _("A verdict with reasons")}
TEMPLATES: dict[str, dict[str, Any]] = {
    "list": {
        "name": "list",
        "strict": True,
        "schema": _object(
            items=_list(_object(title=_text("Two to five words"), details=_text("One sentence")))
        ),
    },
    "facts": {
        "name": "facts",
        "strict": True,
        "schema": _object(
            people=_list(_text("Full name")),
            dates=_list(_object(date=_text("YYYY-MM-DD"), event=_text("What happened"))),
            summary=_text("Two sentences"),
        ),
    },
    "verdict": {
        "name": "verdict",
        "strict": True,
        "schema": _object(
            verdict={"type": "string", "enum": ["yes", "no", "unclear"]},
            confidence={"type": "number", "minimum": 0, "maximum": 1},
            reasons=_list(_text("One reason")),
        ),
    },
}
