"""The administration: who uses the site, what was said, which endpoints there are."""

from conversations.admin import accounts, conversations, endpoints, generations

__all__ = ["accounts", "conversations", "endpoints", "generations"]
