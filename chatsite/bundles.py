"""Serves `css/site.css`: the style sheets of static/css in one file, with no build step.

Invariant: the bundle depends only on those files and on ORDER, and is written only when its text changes.
A relative url() in any of them is read from css/, where the bundle stands.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.utils import matches_patterns
from django.core.files.storage import FileSystemStorage

BUNDLE = "css/site.css"
ORDER = ("tokens.css", "base.css", "layout.css", "components/*.css")


def bundle_sources(css_dir: Path) -> list[Path]:
    """The style sheets in the order in which they cascade."""
    return [path for pattern in ORDER for path in sorted(css_dir.glob(pattern))]


def bundle_text(css_dir: Path) -> str:
    sections = (
        f"/* {path.relative_to(css_dir).as_posix()} */\n{path.read_text(encoding='utf-8').strip()}\n"
        for path in bundle_sources(css_dir)
    )
    return "\n".join(sections)


class BundleFinder(BaseFinder):
    """A staticfiles finder, used by collectstatic and, with DEBUG on, by every request for the bundle."""

    def __init__(self, app_names: Sequence[str] | None = None) -> None:
        self.css_dir = Path(settings.BASE_DIR) / "static" / "css"
        self.storage = FileSystemStorage(location=Path(settings.DATA_DIR) / "bundles")

    def check(self, **kwargs: Any) -> list[Any]:
        return []

    def find(self, path: str, find_all: bool = False) -> Any:
        if path != BUNDLE:
            return []
        found = str(self._write())
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        if not matches_patterns(BUNDLE, ignore_patterns or []):
            self._write()
            yield BUNDLE, self.storage

    def _write(self) -> Path:
        target = Path(self.storage.path(BUNDLE))
        text = bundle_text(self.css_dir)
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            target.parent.mkdir(parents=True, exist_ok=True)
            draft = target.with_name(f"{target.name}.{os.getpid()}")
            draft.write_text(text, encoding="utf-8")
            draft.replace(target)
        return target
