"""`manage.py reap_generations`: end the answers whose process is gone, keeping what they had received."""

from __future__ import annotations

from typing import Any

from django.core.management import BaseCommand

from conversations.generation.reaper import reap_abandoned


class Command(BaseCommand):
    help = "End the answers whose process stopped answering; what they had received is kept and marked interrupted."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Ended {reap_abandoned()} abandoned answers.")
