"""The built-in demo: a Chat Completions endpoint behind an httpx transport, with no language model in it.

Invariant: everything reaches it and leaves it as HTTP, so the rest of Chatsite cannot tell it from a real one.
"""

from .scenarios import REASONING_MODEL
from .transport import DEMO_BASE_URL, DEMO_MODELS, DemoTransport

__all__ = ["DEMO_BASE_URL", "DEMO_MODELS", "REASONING_MODEL", "DemoTransport"]
