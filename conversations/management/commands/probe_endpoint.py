"""`manage.py probe_endpoint NAME [--model MODEL]`: find out what a model can do, keep it, and show it as a table."""

from __future__ import annotations

from typing import Any

from asgiref.sync import async_to_sync
from django.core.management import BaseCommand, CommandError, CommandParser

from conversations.abilities import LABELS, STATES
from conversations.endpoints import Finding
from conversations.generation.catalog import probe
from conversations.models import Endpoint


class Command(BaseCommand):
    help = "Ask a model for a little of everything that the protocol has, and keep what it can do."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="The endpoint, by its name or slug.")
        parser.add_argument("--model", default="", help="The model; the endpoint's first one without it.")

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["name"]
        endpoint = Endpoint.objects.filter(name=name).first() or Endpoint.objects.filter(slug=name).first()
        if endpoint is None:
            there = ", ".join(Endpoint.objects.values_list("name", flat=True)) or "none"
            raise CommandError(f"There is no endpoint “{name}”. There are: {there}.")
        model = async_to_sync(probe)(endpoint, options["model"], on_finding=self._show)
        if model is None:
            raise CommandError(f"{endpoint.name} has no such model that answers: name another with --model.")
        self.stdout.write(f"Kept for {model.name} at {endpoint.name}.")

    def _show(self, finding: Finding) -> None:
        style = {"yes": self.style.SUCCESS, "no": self.style.WARNING}.get(finding.state, self.style.NOTICE)
        word = style(f"{STATES[finding.state]!s:8}")
        self.stdout.write(f"{LABELS[finding.ability]!s:32} {word} {finding.detail}".rstrip())
