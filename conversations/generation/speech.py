"""Speech over HTTP while it comes: a sound file whose end is not known yet, which every player can begin to play."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from conversations.generation.live_part import LivePart
from conversations.generation.received_files import SPOKEN_RATE, is_raw_sound
from conversations.media import wav_header

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
