"""Growing Markdown of a language model to safe HTML, incrementally and at flat cost per token."""

from conversations.markdown.document import render
from conversations.markdown.fences import fenced
from conversations.markdown.stream import MarkdownStream

RENDERER_VERSION = 3
"""Stored with rendered HTML; raised when the HTML of a text changes."""

__all__ = ["RENDERER_VERSION", "MarkdownStream", "fenced", "render"]
