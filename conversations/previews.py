"""What a document says, as HTML to be read on the page."""

from __future__ import annotations

from conversations import markdown
from conversations.models import Attachment

# More is not read on a page; the whole is in the file itself.
LONGEST_PREVIEW = 200_000


def preview_html(attachment: Attachment) -> str:
    """Text with the colours of its language; Markdown as it is meant to look. Empty if it says nothing."""
    text = attachment.text[:LONGEST_PREVIEW]
    if not text.strip():
        return ""
    language = str(attachment.facts.get("language") or "text")
    return (
        markdown.render(text) if language == "markdown" else markdown.render(markdown.fenced(text, language))
    )
