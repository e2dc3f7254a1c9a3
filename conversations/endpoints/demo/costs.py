"""What a request and its answer cost, in tokens that are counted as real endpoints count them, or nearly.

Invariant: a total is the sum of its parts.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from .plan import ChoicePlan, count_tokens
from .reading import DemoRequest
from .speech import BYTES_PER_SECOND

TOKENS_PER_MESSAGE = 4
TOKENS_PER_PICTURE = 765
TOKENS_PER_DRAWING = 272
SPEECH_TOKENS_PER_SECOND = 20
# Of sound and documents that are sent in base64: how many characters cost a token.
CHARACTERS_PER_TOKEN = {"wav": 6400, "mp3": 2100, "file": 100}


def usage_of(request: DemoRequest, plans: Sequence[ChoicePlan]) -> dict[str, Any]:
    """The usage object of a reply."""
    texts = sum(count_tokens(turn.text) + TOKENS_PER_MESSAGE for turn in request.turns)
    parts = [part for turn in request.turns for part in turn.other_parts]
    pictures = TOKENS_PER_PICTURE * sum(part.get("type") == "image_url" for part in parts)
    sounds = sum(_sound(part) for part in parts)
    files = sum(_file(part) for part in parts)
    prompt = texts + pictures + sounds + files
    tokens = [token for plan in plans for token in plan.tokens]
    reasoning = sum(token.reasoning for token in tokens)
    spoken = sum(_speech(plan) for plan in plans)
    drawn = TOKENS_PER_DRAWING * sum(len(plan.pictures) for plan in plans)
    said = sum(count_tokens(sound.transcript) for plan in plans for sound in plan.sounds)
    completion = len(tokens) + said + spoken + drawn
    usage: dict[str, Any] = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "completion_tokens_details": {"reasoning_tokens": reasoning},
    }
    if pictures or sounds:
        usage["prompt_tokens_details"] = {"image_tokens": pictures, "audio_tokens": sounds}
    if spoken:
        usage["completion_tokens_details"] |= {"audio_tokens": spoken}
    if drawn:
        usage["completion_tokens_details"] |= {"image_tokens": drawn}
    return usage


def _sound(part: Mapping[str, Any]) -> int:
    sound = part.get("input_audio") or {}
    characters = CHARACTERS_PER_TOKEN.get(str(sound.get("format")), 0)
    return 1 + len(str(sound.get("data"))) // characters if characters else 0


def _file(part: Mapping[str, Any]) -> int:
    data = str((part.get("file") or {}).get("file_data") or "")
    return len(data) // CHARACTERS_PER_TOKEN["file"]


def _speech(plan: ChoicePlan) -> int:
    return SPEECH_TOKENS_PER_SECOND * sum(len(sound.pcm) for sound in plan.sounds) // BYTES_PER_SECOND
