"""`manage.py remove_orphans`: find files that nothing refers to any more, and remove them."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand

from conversations.services.orphans import find_orphans, remove_orphans


class Command(BaseCommand):
    help = (
        "Remove stored files without a row, and attachments that were never sent. What is new is left alone."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only say what would be removed.")

    def handle(self, *args: Any, **options: Any) -> None:
        found = find_orphans()
        for name in found.files:
            self.stdout.write(f"file without a row: {name}")
        for pk in found.forgotten:
            self.stdout.write(f"attachment that no message refers to: {pk}")
        for pk in found.lost:
            self.stderr.write(f"attachment of which a file is gone: {pk}")
        if not options["dry_run"]:
            remove_orphans(found)
        verb = "Would remove" if options["dry_run"] else "Removed"
        self.stdout.write(f"{verb} {len(found.files)} files and {len(found.forgotten)} attachments.")
