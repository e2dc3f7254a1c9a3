"""The administration: who uses the site, what was said, which endpoints there are."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from conversations.admin import accounts, attachments, conversations, endpoints, generations, presets

admin.site.site_header = admin.site.site_title = _("Chatsite administration")

__all__ = ["accounts", "attachments", "conversations", "endpoints", "generations", "presets"]
