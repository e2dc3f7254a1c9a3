"""Fragments of tool calls merged into calls, whatever an endpoint does with indexes, ids and names."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from .chunks import FunctionDelta, ToolCallDelta
from .events import PartKind
from .parts import MessageParts
from .text_repair import TextRepair, clean_text, clean_value
from .tools import is_json_object

_LEGACY_INDEX = -1
# How often a call's arguments are looked at whole: each look costs what they are long.
_MOST_LOOKS = 20


def new_tool_call_id() -> str:
    """An id for a call that came without one."""
    return f"call_{uuid.uuid4().hex[:24]}"


class _Call:
    __slots__ = ("has_arguments", "id", "index", "looks", "name", "position", "repair")

    def __init__(self, position: int, index: int | None) -> None:
        self.position = position
        self.index = index
        self.id = ""
        self.name = ""
        self.has_arguments = False
        self.looks = 0
        self.repair = TextRepair()


class ToolCallMerger:
    """The calls of one message; each is a part of kind tool_call. flush() makes ids present and unique."""

    def __init__(self, parts: MessageParts, new_id: Callable[[], str]) -> None:
        self._parts = parts
        self._new_id = new_id
        self._calls: list[_Call] = []
        self._by_index: dict[int, _Call] = {}

    def feed(self, fragment: ToolCallDelta, *, is_whole: bool = False) -> None:
        """Take one fragment. `is_whole`: it is an entry of a message, so always a call of its own."""
        function, custom = fragment.function, fragment.custom
        name = (function.name if function else custom.name if custom else None) or ""
        text = _text(fragment)
        if not (fragment.id or name or text or fragment.extra) and fragment.index not in self._by_index:
            return
        call = None if is_whole else self._continued(fragment, name)
        if call is None:
            call = self._start(fragment, is_custom=custom is not None)
        self._describe(call, fragment, clean_text(name))
        if text:
            call.has_arguments = True
            self._parts.append(call.position, call.repair.feed(text))

    def feed_function_call(self, function: FunctionDelta, *, is_whole: bool = False) -> None:
        """Take a delta of the old function_call member: there is one such call at most, without an id.

        Some endpoints send it beside tool_calls, with the same call; then it is not wanted.
        """
        if all(call.index == _LEGACY_INDEX for call in self._calls):
            self.feed(ToolCallDelta(index=_LEGACY_INDEX, function=function), is_whole=is_whole)

    def flush(self) -> None:
        """Give out what text repair holds back, and an own id to each call without one or with another's."""
        taken: set[str] = set()
        for call in self._calls:
            self._parts.append(call.position, call.repair.close())
            if not call.id or call.id in taken:
                call.id = self._new_id()
                self._parts.set_data(call.position, {"id": call.id})
            taken.add(call.id)

    def _continued(self, fragment: ToolCallDelta, name: str) -> _Call | None:
        """The call this fragment continues, None when it starts one."""
        call = self._candidate(fragment, name)
        if call is None or (fragment.id and call.id and fragment.id != call.id):
            return None
        # A name again, after whole arguments: endpoints that reuse indexes or ids start a call so;
        # those that repeat the name in each fragment still have arguments to come.
        starts = name and call.has_arguments and _text(fragment).lstrip().startswith("{")
        if starts and call.looks < _MOST_LOOKS:
            call.looks += 1
            if is_json_object(self._parts.text_of(call.position)):
                return None
        return call

    def _candidate(self, fragment: ToolCallDelta, name: str) -> _Call | None:
        if fragment.index is not None:
            known = self._by_index.get(fragment.index)
            last = self._calls[-1] if self._calls else None
            if known is None and last and last.index is None and not (fragment.id or name):
                self._by_index[fragment.index] = last
                return last
            return known
        if fragment.id:
            return next((call for call in reversed(self._calls) if call.id == fragment.id), None)
        return None if name or not self._calls else self._calls[-1]

    def _start(self, fragment: ToolCallDelta, *, is_custom: bool) -> _Call:
        kind = "custom" if is_custom or fragment.type == "custom" else "function"
        self._parts.end_flow()
        position = self._parts.start(PartKind.TOOL_CALL, {"id": "", "name": "", "type": kind})
        call = _Call(position, fragment.index)
        self._calls.append(call)
        if fragment.index is not None:
            self._by_index[fragment.index] = call
        return call

    def _describe(self, call: _Call, fragment: ToolCallDelta, name: str) -> None:
        changes: dict[str, Any] = {}
        if fragment.id and not call.id:
            call.id = clean_text(fragment.id)
            changes["id"] = call.id
        if name and name != call.name and not call.has_arguments:
            call.name += name
            changes["name"] = call.name
        changes.update(_unknown_members(fragment))
        if changes:
            self._parts.set_data(call.position, changes)


def _text(fragment: ToolCallDelta) -> str:
    function, custom = fragment.function, fragment.custom
    return (function.arguments if function else custom.input if custom else None) or ""


def _unknown_members(fragment: ToolCallDelta) -> dict[str, Any]:
    return {
        name: clean_value(value)
        for name, value in fragment.extra.items()
        if value is not None and name not in ("id", "name", "type")
    }
