"""The smallest possible reader of part events: what a browser or recorder does with them."""

from __future__ import annotations

from collections.abc import Iterable

from conversations.protocol import (
    ChoiceFinished,
    Part,
    PartData,
    PartDelta,
    PartEvent,
    PartFinished,
    PartKindChanged,
    PartStarted,
)


def replay(events: Iterable[PartEvent]) -> tuple[dict[int, list[Part]], dict[int, str]]:
    """The parts and finish reasons of each choice, from nothing but its events."""
    parts: dict[int, list[Part]] = {}
    finished: set[tuple[int, int]] = set()
    reasons: dict[int, str] = {}
    for event in events:
        if isinstance(event, ChoiceFinished):
            assert event.choice not in reasons, "a choice finished twice"
            reasons[event.choice] = event.finish_reason
            continue
        message = parts.setdefault(event.choice, [])
        if isinstance(event, PartStarted):
            assert event.part == len(message), "a part started out of order"
            message.append(Part(event.kind, "", dict(event.data)))
            continue
        place, part = (event.choice, event.part), message[event.part]
        if isinstance(event, PartKindChanged):
            message[event.part] = Part(event.kind, part.text, part.data)
            continue
        assert place not in finished, "a change of a finished part"
        if isinstance(event, PartFinished):
            finished.add(place)
        elif isinstance(event, PartDelta):
            assert event.text, "an empty delta"
            message[event.part] = Part(part.kind, part.text + event.text, part.data)
        elif isinstance(event, PartData):
            message[event.part] = Part(part.kind, part.text, _changed(part.data, event.data))
    unfinished = {
        (choice, place) for choice, message in parts.items() for place in range(len(message))
    } - finished
    assert not unfinished, "a part that never finished"
    return parts, reasons


def _changed(data: dict, changes: dict) -> dict:
    if "audio_bytes" in changes:
        changes = {**changes, "audio_bytes": data.get("audio_bytes", b"") + changes["audio_bytes"]}
    return data | changes
