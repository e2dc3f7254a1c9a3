"""`manage.py add_endpoint NAME URL [--key KEY]`: make an endpoint known to the site."""

from __future__ import annotations

from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from conversations.services.endpoints import add_endpoint
from conversations.services.errors import ServiceError


class Command(BaseCommand):
    help = "Add an endpoint that speaks the Chat Completions protocol."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="As people see it in the model picker.")
        parser.add_argument("url", help="Its base URL, which usually ends in /v1.")
        parser.add_argument("--key", default="", help="Its API key, if it wants one; kept encrypted.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            endpoint = add_endpoint(options["name"], options["url"], api_key=options["key"])
        except ServiceError as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(f"Added {endpoint.name} ({endpoint.shown_url}).")
