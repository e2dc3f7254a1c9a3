"""The one door through which stored HTML reaches a page unescaped, and the icons."""

from functools import lru_cache

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.filter
def safe_html(html: str) -> SafeString:
    """HTML that `conversations.markdown` made: its sanitizer has seen every piece of it."""
    return mark_safe(html)


@register.simple_tag
@lru_cache
def icon(name: str, css_class: str = "") -> SafeString:
    """The drawing `name` of components/icon_sprite.html, beside words or under an accessible name that say the same.

    A page has hundreds of them: a tag costs a tenth of an included template.
    """
    return format_html(
        '<svg class="{}" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><use href="#icon-{}"></use></svg>',
        f"icon {css_class}".strip(),
        name,
    )
