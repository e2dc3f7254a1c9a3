"""Speech over HTTP while it comes: a sound file whose end is not known yet, which every player can begin to play."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

from conversations.generation.database import in_database
from conversations.generation.live_part import LivePart
from conversations.generation.received_files import SPOKEN_RATE, is_raw_sound
from conversations.generation.spoken_segments import read_segment_at
from conversations.generation.workshop import with_storage
from conversations.media import wav_header
from conversations.models import Generation

# A process that speaks keeps what came every second.
SECONDS_BETWEEN_SEGMENTS = 0.5
# Players hold much more in store.
SECONDS_BETWEEN_LOOKS = 0.1


async def spoken(part: LivePart) -> AsyncIterator[bytes]:
    """The sound from its beginning to its end, as fast as it comes."""
    sent = 0
    sound = part.content  # stays the same object when the part has become a file
    while True:
        if sent < len(sound):
            if sent == 0 and is_raw_sound(sound):
                yield wav_header(None, rate=SPOKEN_RATE)
            piece = bytes(sound[sent:])
            sent += len(piece)
            yield piece
        elif part.is_over:
            return
        else:
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)


async def spoken_elsewhere(generation_id: UUID, choice: int, place: int) -> AsyncIterator[bytes]:
    """The same of an answer that another process is being given, a second later: what that one has kept of it."""
    running = Generation.objects.running().filter(pk=generation_id)
    sent = 0
    while True:
        is_over = not await in_database(running.exists)
        while piece := await with_storage(read_segment_at, generation_id, choice, place, sent):
            if sent == 0 and is_raw_sound(piece):
                yield wav_header(None, rate=SPOKEN_RATE)
            sent += len(piece)
            yield piece
        if is_over:
            return
        await asyncio.sleep(SECONDS_BETWEEN_SEGMENTS)
