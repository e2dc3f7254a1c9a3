"""Answers that were asked for as JSON: whether they are what was asked for, and the tree that readers see."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any, NoReturn

import msgspec
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from conversations.protocol.strict_json import levels, loads_strictly
from conversations.protocol.text_repair import clean_text, clean_value
from conversations.schema_cost import is_affordable

JSON_FORMATS = frozenset({"json_object", "json_schema"})
# Larger answers are shown as code.
LONGEST = 200_000
MOST_NODES = 3_000
DEEPEST = 60
LONGEST_PROBLEM = 300

_FENCED = re.compile(r"\A\s*```(?:json)?[ \t]*\n(.*?)\n?```\s*\Z", re.DOTALL | re.IGNORECASE)

Path = tuple[str | int, ...]


class Verdict(msgspec.Struct, frozen=True, omit_defaults=True):
    """`state` is "valid" (as the schema asks), "json" (JSON, of which nothing was asked that could be checked), "wrong"
    (at `path`), "broken" (no JSON) or "unread" (too long); `problem` says why, in English.
    """

    state: str
    path: str = ""
    problem: str = ""


def asks_for_json(response_format: Any) -> bool:
    return isinstance(response_format, Mapping) and response_format.get("type") in JSON_FORMATS


def schema_problem(schema: Any) -> str:
    """Why a value is no JSON schema; empty if it is one. Nothing that it refers to is fetched."""
    validators = _validators()
    try:
        validators.validator_for(schema, retriever=_fetch_nothing)
    except (validators.ValidationError, validators.ReferencingError, ValueError, TypeError) as error:
        return str(error).partition("\n")[0][:LONGEST_PROBLEM]
    return ""


def examined(text: str, response_format: Mapping[str, Any]) -> tuple[Verdict, str]:
    """What is to be said of an answer, and its tree as HTML (empty for one that is no JSON, or too large)."""
    fenced = _FENCED.match(text)
    source = fenced[1] if fenced else text
    if len(source) > LONGEST:
        return Verdict("unread"), ""
    try:
        value = loads_strictly(source)
    except json.JSONDecodeError as error:
        problem = f"{error.msg}: line {error.lineno}, column {error.colno}"
        return Verdict("broken", problem=problem), ""
    except (ValueError, RecursionError) as error:
        return Verdict("broken", problem=str(error)[:LONGEST_PROBLEM]), ""
    if not _is_small(value):
        return Verdict("json"), ""
    # No database takes half a character, or none at all, which an escape may stand for.
    value = clean_value(value)
    verdict, wrong = _judged(value, response_format)
    return verdict, _tree(value, wrong)


def _judged(value: Any, response_format: Mapping[str, Any]) -> tuple[Verdict, Path | None]:
    asked = response_format.get("json_schema")
    schema = asked.get("schema") if isinstance(asked, Mapping) else None
    if not isinstance(schema, dict):
        return Verdict("json"), None
    if not is_affordable(schema, value):
        return Verdict("json"), None
    validators = _validators()
    try:
        validator = validators.validator_for(schema, retriever=_fetch_nothing)
    except (validators.ValidationError, validators.ReferencingError, ValueError, TypeError):
        return Verdict("json"), None
    try:
        validator.validate(value)
    except validators.ValidationError as first:
        place: Path = tuple(first.instance_path)
        problem = clean_text(first.message)[:LONGEST_PROBLEM]
        return Verdict("wrong", path=clean_text(_written(place)), problem=problem), place
    return Verdict("valid"), None


def _written(path: Path) -> str:
    """`$.items[0].title`"""
    return "$" + "".join(
        f"[{step}]"
        if isinstance(step, int)
        else f".{step}"
        if step.isidentifier()
        else f"[{json.dumps(step)}]"
        for step in path
    )


def _is_small(value: Any) -> bool:
    nodes = 0
    for depth, level in enumerate(levels(value), start=1):
        nodes += len(level)
        if nodes > MOST_NODES or depth > DEEPEST:
            return False
    return True


def _tree(value: Any, wrong: Path | None) -> SafeString:
    return format_html('<ul class="json-tree">{}</ul>', _node(None, value, wrong))


def _node(name: str | int | None, value: Any, wrong: Path | None) -> SafeString:
    """`wrong` is the rest of the way to what is not as it was asked for, if it leads through here."""
    bad = SafeString(' class="json-wrong"') if wrong == () else ""
    key = _key(name)
    if isinstance(value, dict | list) and value:
        members: Sequence[tuple[str | int, Any]] = (
            list(value.items()) if isinstance(value, dict) else list(enumerate(value))
        )
        inner = format_html_join(
            "", "{}", ((_node(step, member, _further(wrong, step)),) for step, member in members)
        )
        size = f"{{{len(value)}}}" if isinstance(value, dict) else f"[{len(value)}]"
        return format_html(
            '<li{}><details open><summary>{}<span class="json-size">{}</span></summary><ul>{}</ul></details></li>',
            bad,
            key,
            size,
            inner,
        )
    written = json.dumps(value, ensure_ascii=False)
    return format_html('<li{}>{}<span class="json-{}">{}</span></li>', bad, key, _kind(value), written)


def _key(name: str | int | None) -> SafeString | str:
    if name is None:
        return ""
    return format_html('<span class="json-key">{}</span> ', name)


def _further(wrong: Path | None, step: str | int) -> Path | None:
    return wrong[1:] if wrong and wrong[0] == step else None


def _kind(value: Any) -> str:
    if isinstance(value, str):
        return "string"
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else "constant"


@cache
def _validators() -> ModuleType:
    """Eight megabytes, which a process takes only when somebody asks for JSON by a schema."""
    return import_module("jsonschema_rs")


def _fetch_nothing(uri: str) -> NoReturn:
    raise ValueError(f"{uri} is not fetched")
