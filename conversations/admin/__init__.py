"""The administration: who uses the site, what was said, which endpoints there are."""

from conversations.admin import conversations, endpoints, generations

__all__ = ["conversations", "endpoints", "generations"]
