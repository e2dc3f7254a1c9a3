"""`manage.py purge`: remove for good what was deleted long enough ago."""

from __future__ import annotations

from typing import Any

from django.core.management import BaseCommand

from conversations.services.conversations import UNDO_FOR, purge_deleted


class Command(BaseCommand):
    help = f"Remove for good the conversations that were deleted more than {UNDO_FOR.days} days ago."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Removed {purge_deleted()} conversations.")
