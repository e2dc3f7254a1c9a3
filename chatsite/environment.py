"""Reading settings from the environment: an odd value or an unknown name stops the start, by name.

Invariant: every name that is read is remembered in `names`; a test holds docs/settings.md against it.
"""

import math
import os
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

PROJECT_DIR = Path(__file__).resolve().parent.parent

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off"})

Value = TypeVar("Value")


def load_env_file() -> None:
    """Add `.env` (or the file that CHATSITE_ENV_FILE names) to the environment; what is set already wins.

    Only the entry points call this, so that tests never depend on a developer's own `.env`.
    """
    named = os.environ.get("CHATSITE_ENV_FILE")
    path = Path(named) if named else PROJECT_DIR / ".env"
    if path.is_file():
        environ.Env.read_env(str(path))
    elif named and not path.exists():
        raise SystemExit(f"CHATSITE_ENV_FILE names {named}, and there is no such file.")


class Environment:
    """Typed reads of `source` (default: os.environ).

    An empty value counts as not set; `NAME_FILE` names a file that holds the value.
    """

    def __init__(self, source: dict[str, str] | None = None) -> None:
        self.source = os.environ if source is None else source
        self.names: list[str] = ["CHATSITE_ENV_FILE"]

    def _raw(self, name: str) -> str | None:
        self.names.append(name)
        if path := self.source.get(f"{name}_FILE"):
            try:
                return Path(path).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise ImproperlyConfigured(f"{name}_FILE: cannot read {path}: {error.strerror}") from error
        return self.source.get(name) or None

    def read(self, name: str, default: Value, convert: Callable[[str], Value]) -> Value:
        """What `convert` makes of the value; a ValueError that it raises stops the start."""
        raw = self._raw(name)
        if raw is None:
            return default
        try:
            return convert(raw)
        except ValueError as error:
            raise ImproperlyConfigured(f"{name}: {error}") from error

    def text(self, name: str, default: str = "") -> str:
        return self.read(name, default, str)

    def words(self, name: str, default: Sequence[str] = ()) -> list[str]:
        """Comma-separated words."""
        return self.read(
            name, list(default), lambda raw: [word.strip() for word in raw.split(",") if word.strip()]
        )

    def path(self, name: str, default: Path) -> Path:
        return self.read(name, default, lambda raw: (PROJECT_DIR / raw).resolve())

    def flag(self, name: str, default: bool) -> bool:
        def convert(raw: str) -> bool:
            if raw.lower() in TRUE_WORDS:
                return True
            if raw.lower() in FALSE_WORDS:
                return False
            raise ValueError(f"{raw!r} is neither on nor off")

        return self.read(name, default, convert)

    def number(self, name: str, default: Value, *, minimum: float = 0, maximum: float = math.inf) -> Value:
        """A number of the default's own type (int or float), within bounds."""
        kind: Callable[[str], Value] = type(default)

        def convert(raw: str) -> Value:
            try:
                value = kind(raw)
            except ValueError as error:
                raise ValueError(f"{raw!r} is not a number") from error
            if not minimum <= float(raw) <= maximum:
                raise ValueError(f"{raw} is not between {minimum:g} and {maximum:g}")
            return value

        return self.read(name, default, convert)

    def choice(self, name: str, default: str, choices: Sequence[str]) -> str:
        def convert(raw: str) -> str:
            if raw in choices:
                return raw
            raise ValueError(f"{raw!r} is none of: {', '.join(choices)}")

        return self.read(name, default, convert)

    def url(self, name: str, default: str = "") -> str:
        """An http or https address, without the slash at its end."""

        def convert(raw: str) -> str:
            parts = urlsplit(raw)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError(f"{raw!r} is not an http:// or https:// address")
            return raw.rstrip("/")

        return self.read(name, default, convert)

    def secret_kept_in(self, name: str, path: Path) -> str:
        """The value of `name`, else the one in `path`, made there once for its owner's eyes only."""
        return self.text(name) or _secret_in(path)

    def refuse_unknown(self, prefix: str) -> None:
        """A name with our prefix that no setting reads is a typing error: say so instead of ignoring it."""
        known = {name + end for name in self.names for end in ("", "_FILE")}
        unknown = sorted(name for name in self.source if name.startswith(prefix) and name not in known)
        if unknown:
            raise ImproperlyConfigured(f"No such setting: {', '.join(unknown)} (see docs/settings.md)")


def _secret_in(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    if not path.exists():
        # Two processes may start at once: a hard link to a finished file can only be made by one of them.
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(64))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text(encoding="utf-8").strip()
