"""Values of requests that have no field of Django's: lines, biases and JSON objects, as people type them."""

from __future__ import annotations

import json
import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from conversations.protocol.strict_json import is_deeper_than, loads_strictly
from conversations.protocol.text_repair import MAX_DEPTH, clean_text


class MemberTwice(ValueError):
    """An object has a member twice, and one of the two would be lost."""


class LinesField(forms.CharField):
    """Strings, one to a line; a line break in one is written \\n."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": 2}), strip=False, **options)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, list):
            return "\n".join(_on_one_line(line) for line in value)
        return value

    def clean(self, value: Any) -> list[str]:
        lines = str(value or "").replace("\r\n", "\n").split("\n")
        return [_on_several(line) for line in lines if line]


class BiasesField(forms.CharField):
    """Numbers by token: `token = number`, one to a line."""

    def __init__(self, *, low: float, high: float, **options: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": 2}), strip=False, **options)
        self._number = forms.FloatField(min_value=low, max_value=high)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, dict):
            return "\n".join(f"{_on_one_line(token)} = {json.dumps(bias)}" for token, bias in value.items())
        return value

    def clean(self, value: Any) -> dict[str, float]:
        biases: dict[str, float] = {}
        for line in str(value or "").replace("\r\n", "\n").split("\n"):
            token, equals, number = line.rpartition("=")
            if not line.strip():
                continue
            # Blanks count in a token, but for those that are written around the sign for looks.
            token = _on_several(token.removesuffix(" "))
            if not equals or not token:
                raise ValidationError(_("“%(line)s” is not a token, = and a number.") % {"line": line[:50]})
            biases[token] = plain_number(self._number.clean(number.strip()))
        return biases


class JSONObjectField(forms.CharField):
    """A JSON object, as text."""

    def __init__(self, *, rows: int, **options: Any) -> None:
        widget = forms.Textarea(attrs={"rows": rows, "class": "code-field", "spellcheck": "false"})
        super().__init__(widget=widget, **options)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, dict):
            return json.dumps(value, ensure_ascii=False, indent=2) if value else ""
        return value

    def clean(self, value: Any) -> dict[str, Any]:
        text = str(value or "").strip()
        if not text:
            return {}
        try:
            read = loads_strictly(text, object_pairs_hook=_each_once)
        except json.JSONDecodeError as error:
            message = _("This is not JSON: line %(line)s, column %(column)s.")
            raise ValidationError(message % {"line": error.lineno, "column": error.colno}) from error
        except MemberTwice as error:
            raise ValidationError(_("“%(name)s” stands here twice.") % {"name": str(error)[:50]}) from error
        except (ValueError, RecursionError) as error:
            raise ValidationError(_("This holds a number that no JSON can hold.")) from error
        if is_deeper_than(read, MAX_DEPTH):
            raise ValidationError(_("This is nested too deeply."))
        if not isinstance(read, dict):
            raise ValidationError(_("A JSON object is needed: { … }"))
        return read


def plain_number(value: Any) -> Any:
    """2.0 as 2: it is what people typed, and what some servers insist on."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _on_one_line(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _on_several(line: str) -> str:
    return re.sub(r"\\([\\n])", lambda escaped: "\n" if escaped[1] == "n" else "\\", line)


def _each_once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    read = {clean_text(name): value for name, value in members}
    if len(read) < len(members):
        names = [clean_text(name) for name, _value in members]
        raise MemberTwice(next(name for name in names if names.count(name) > 1))
    return read
