"""Looking into files that a test makes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conversations.media import FileRefused, Inspection, Limits, Refusal, inspect_file, inspect_isolated

Inspect = Callable[..., Inspection]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """The folder that results are written into."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.fixture
def inspect(tmp_path: Path, out: Path) -> Inspect:
    """Looks into bytes, in this process or `isolated`; keywords are limits."""

    def look(content: bytes, name: str = "file", *, isolated: bool = False, **limits: Any) -> Inspection:
        path = tmp_path / "upload"
        path.write_bytes(content)
        return (inspect_isolated if isolated else inspect_file)(path, name, out, Limits(**limits))

    return look


@pytest.fixture
def refusal_of(inspect: Inspect) -> Callable[..., Refusal]:
    """As `inspect`, for what is refused."""

    def look(*args: Any, **members: Any) -> Refusal:
        with pytest.raises(FileRefused) as caught:
            inspect(*args, **members)
        assert str(caught.value)
        return caught.value.refusal

    return look


@pytest.fixture
def text_of(inspect: Inspect, out: Path) -> Callable[..., str]:
    """The text that was found in a file."""

    def look(*args: Any, **members: Any) -> str:
        made = inspect(*args, **members).text
        assert made is not None
        content = (out / made.name).read_bytes()
        assert len(content) == made.size
        return content.decode()

    return look
