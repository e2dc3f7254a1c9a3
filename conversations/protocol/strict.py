"""Strict reading of a client's JSON: each reader returns a checked value or raises InvalidRequest with its path.

null for an optional member counts as absent; members that nobody reads are kept in `extra`.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

import msgspec

from .errors import InvalidRequest

Reader = Callable[[Any, str], Any]


class Extended(msgspec.Struct):
    """Base of the request's types: known members as fields, all others in `extra`."""

    extra: dict[str, Any] = {}

    def to_json(self) -> dict[str, Any]:
        """The JSON object: members that were given, in the order of the protocol, then unknown ones."""
        known = {
            name: _plain(value)
            for name in self.__struct_fields__
            if name != "extra" and (value := getattr(self, name)) is not None
        }
        return {**known, **self.extra}


def _plain(value: Any) -> Any:
    if isinstance(value, Extended):
        return value.to_json()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def read_members(
    value: Any, path: str, readers: Mapping[str, Reader], *, required: Iterable[str] = ()
) -> dict[str, Any]:
    """Read an object's members in the order of `readers`; the rest comes under "extra"."""
    members = read_object(value, path)
    read: dict[str, Any] = {}
    required = frozenset(required)
    for name, reader in readers.items():
        member = members.get(name)
        if member is not None:
            read[name] = reader(member, join(path, name))
        elif name in required:
            missing(join(path, name))
    read["extra"] = {name: member for name, member in members.items() if name not in readers}
    return read


def join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def read_object(value: Any, path: str) -> dict[str, Any]:
    return value if isinstance(value, dict) else wrong_type(value, path, "an object")


def read_string(value: Any, path: str) -> str:
    return value if isinstance(value, str) else wrong_type(value, path, "a string")


def read_name(value: Any, path: str) -> str:
    """A string that says something: "" counts as missing."""
    return read_string(value, path) or missing(path)


def read_boolean(value: Any, path: str) -> bool:
    return value if isinstance(value, bool) else wrong_type(value, path, "a boolean")


def integer(minimum: int | None = None, maximum: int | None = None) -> Reader:
    """A reader of integers; 1.0 is one, 1.5 and true are not."""

    def read(value: Any, path: str) -> int:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            wrong_type(value, path, "an integer")
        _check_range(value, path, "integer", minimum, maximum)
        return int(value)

    return read


def number(minimum: float, maximum: float) -> Reader:
    """A reader of numbers."""

    def read(value: Any, path: str) -> float | int:
        if isinstance(value, bool) or not isinstance(value, int | float):
            wrong_type(value, path, "a decimal")
        _check_range(value, path, "decimal", minimum, maximum)
        return value

    return read


def choice(*words: str) -> Reader:
    """A reader of one of these words."""

    def read(value: Any, path: str) -> str:
        text = read_string(value, path)
        return text if text in words else wrong_value(text, path, words)

    return read


def array(reader: Reader, *, is_filled: bool = False) -> Reader:
    """A reader of arrays whose items the given reader reads."""

    def read(value: Any, path: str) -> list[Any]:
        if not isinstance(value, list):
            wrong_type(value, path, "an array")
        if is_filled and not value:
            raise InvalidRequest(
                f"Invalid '{path}': empty array. Expected an array with minimum length 1, "
                "but got an empty array instead.",
                param=path,
                code="empty_array",
            )
        return [reader(item, f"{path}[{position}]") for position, item in enumerate(value)]

    return read


def read_base64(value: Any, path: str) -> str:
    text = read_name(value, path)
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidRequest(
            f"Invalid '{path}': expected base64 without a 'data:' prefix.", param=path, code="invalid_value"
        ) from None
    return text


def anything(value: Any, path: str) -> Any:
    """No check: what the protocol leaves open."""
    return value


def missing(path: str) -> NoReturn:
    raise InvalidRequest(
        f"Missing required parameter: '{path}'.", param=path, code="missing_required_parameter"
    )


def wrong_type(value: Any, path: str, expected: str) -> NoReturn:
    raise InvalidRequest(
        f"Invalid type for '{path}': expected {expected}, but got {_name_of_type(value)} instead.",
        param=path,
        code="invalid_type",
    )


def wrong_value(value: str, path: str, words: Iterable[str]) -> NoReturn:
    *first, last = (f"'{word}'" for word in words)
    supported = f"{', '.join(first)}, and {last}" if first else last
    raise InvalidRequest(
        f"Invalid value: '{value[:100]}'. Supported values are: {supported}.",
        param=path,
        code="invalid_value",
    )


def _check_range(value: float, path: str, kind: str, minimum: float | None, maximum: float | None) -> None:
    if minimum is not None and not value >= minimum:
        side, sign, bound = "below_min", ">=", minimum
    elif maximum is not None and not value <= maximum:
        side, sign, bound = "above_max", "<=", maximum
    else:
        return
    words = {"below_min": "below minimum", "above_max": "above maximum"}[side]
    raise InvalidRequest(
        f"Invalid '{path}': {kind} {words} value. Expected a value {sign} {bound:g}, but got "
        f"{_short(value)} instead.",
        param=path,
        code=f"{kind}_{side}_value",
    )


def _short(value: float) -> str:
    if isinstance(value, int) and abs(value) >= 10**20:
        return "a huge number"
    return str(value)


def _name_of_type(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, int):
        return "an integer"
    if isinstance(value, float):
        return "a decimal"
    return "an array" if isinstance(value, list) else "an object"
