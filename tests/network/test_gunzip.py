"""However gzip arrives, it comes out whole, and in pieces that fit into memory."""

import gzip

from hypothesis import given, settings
from hypothesis import strategies as st

from conversations.network.gunzip import PIECE, Gunzip


@settings(deadline=None)
@given(members=st.lists(st.binary(max_size=200), min_size=1, max_size=4), step=st.integers(1, 100))
def test_it_does_not_matter_where_the_bytes_are_cut(members: list[bytes], step: int) -> None:
    packed = b"".join(map(gzip.compress, members))
    gunzip = Gunzip()
    pieces = [piece for at in range(0, len(packed), step) for piece in gunzip.feed(packed[at : at + step])]
    assert b"".join(pieces) == b"".join(members)
    assert gunzip.is_complete


def test_a_few_bytes_that_stand_for_many_come_out_in_pieces() -> None:
    size = 100 * PIECE + 1
    sizes = [len(piece) for piece in Gunzip().feed(gzip.compress(bytes(size)))]
    assert sum(sizes) == size
    assert max(sizes) == PIECE


def test_a_file_that_is_cut_short_is_not_complete() -> None:
    gunzip = Gunzip()
    assert gunzip.is_complete
    assert b"".join(gunzip.feed(gzip.compress(b"text")[:-1])) == b"text"
    assert not gunzip.is_complete
