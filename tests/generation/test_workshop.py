"""Work on files: people take turns, a turn lasts as long as the work, and what is begun is brought to its end."""

import asyncio
import threading
from uuid import uuid4

import pytest

from conversations.generation.spoken_segments import Segment, read_segments, remove_segments, save_segments
from conversations.generation.workshop import inspected, to_its_end


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def gate():
    """Work that begins, and goes on until the gate is opened."""
    opened = threading.Event()
    yield opened
    opened.set()


async def until(condition):
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


async def test_whoever_has_much_to_look_into_holds_up_nobody_else(gate):
    begun = []

    def work(name):
        begun.append(name)
        gate.wait(20)
        return name

    many = [asyncio.create_task(inspected(1, work, f"first {number}")) for number in range(5)]
    await until(lambda: begun)
    other = asyncio.create_task(inspected(2, work, "other"))
    await until(lambda: "other" in begun)
    assert begun == ["first 0", "other"]
    gate.set()
    assert await other == "other"
    assert await asyncio.gather(*many) == [f"first {number}" for number in range(5)]


async def test_a_turn_lasts_as_long_as_the_work_though_nobody_waits_for_it(gate):
    begun = []

    def work(name):
        begun.append(name)
        gate.wait(20)

    given_up = asyncio.create_task(inspected(1, work, "given up"))
    await until(lambda: begun)
    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up
    following = asyncio.create_task(inspected(1, work, "following"))
    stranger = asyncio.create_task(inspected(2, work, "stranger"))
    await until(lambda: "stranger" in begun)
    assert begun == ["given up", "stranger"]
    gate.set()
    await asyncio.gather(following, stranger)
    assert begun == ["given up", "stranger", "following"]


async def test_what_must_not_be_left_half_done_goes_on_when_its_asker_is_gone():
    may_end, ended = asyncio.Event(), asyncio.Event()

    async def work():
        await may_end.wait()
        ended.set()

    asker = asyncio.create_task(to_its_end(work()))
    await asyncio.sleep(0)
    asker.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asker
    may_end.set()
    async with asyncio.timeout(20):
        await ended.wait()


def test_speech_is_kept_segment_by_segment_whatever_becomes_of_others(media):
    well, badly = uuid4(), uuid4()
    (media / "growing").mkdir(parents=True)
    (media / "growing" / badly.hex).write_text("in the way")
    first, second = Segment(well, 0, 1, 0, b"abc"), Segment(well, 0, 1, 3, b"def")
    lost = Segment(badly, 0, 0, 0, b"x")
    assert save_segments([first, lost, second]) == [first, second]
    # Offered again, since nobody was sure of it, it stands there once.
    assert save_segments([first]) == [first]
    (media / "growing" / well.hex / "odd name").write_text("not ours")
    assert read_segments(well) == {(0, 1): b"abcdef"}
    remove_segments(well)
    assert read_segments(well) == {}
