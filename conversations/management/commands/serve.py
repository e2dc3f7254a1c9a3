"""`manage.py serve`: one process that prepares its data and serves the site until it is told to stop."""

import errno
import ipaddress
import socket
import sys
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser
from django.db import connections
from django.utils.module_loading import import_string

from conversations.management.serving import preparation


class Command(BaseCommand):
    help = "Prepare the database and the static files, then serve the site."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=settings.SERVE_HOST)
        parser.add_argument("--port", type=int, default=settings.SERVE_PORT)
        parser.add_argument(
            "--no-setup",
            action="store_true",
            help="Serve only: no migrations, static files or first account.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = options["host"], options["port"]
        refuse_taken_port(host, port)
        setup_path = None if options["no_setup"] else self._prepare()
        connections.close_all()

        def announce(real_port: int) -> None:
            address = address_for_people(host, real_port)
            self.stdout.write(f"Chatsite is at {address}/")
            if setup_path:
                self.stdout.write(f"Make the first account (this link works once): {address}{setup_path}")
            self.stdout.write("Stop it with Ctrl+C.")
            self.stdout.flush()

        self._serve(host, port, announce)

    def _prepare(self) -> str | None:
        if preparation.migrate_if_needed():
            self.stdout.write("The database is up to date.")
        if not settings.DEBUG:
            preparation.collect_static_if_changed()
        return preparation.first_account()

    def _serve(self, host: str, port: int, announce: Any) -> None:
        # Imported here: it makes the event loop, which nothing but serving should.
        from conversations.management.serving.server import SiteServer

        server = SiteServer(import_string(settings.ASGI_APPLICATION), host=host, port=port, announce=announce)
        server.run()
        if server.listen_problem:
            raise CommandError(f"Cannot serve on {host} port {port}: {server.listen_problem}")
        self.stdout.write("Stopped.")


def refuse_taken_port(host: str, port: int) -> None:
    """Say so before anything is prepared, and in words that help."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host.strip("[]"), port, type=socket.SOCK_STREAM
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            if sys.platform != "win32":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CommandError(
                f"Port {port} on {host} is taken, perhaps by a Chatsite that is already running. "
                f"Stop that, or choose another port: make run PORT={port + 1}"
            ) from error
        raise CommandError(f"Cannot serve on {host} port {port}: {error.strerror or error}") from error


def address_for_people(host: str, port: int) -> str:
    """What to type into a browser on this machine; a wildcard address is no place to go to."""
    host = host.strip("[]")
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        return f"http://{host}:{port}"
    if ip.is_unspecified:
        return f"http://localhost:{port}"
    return f"http://[{ip}]:{port}" if ip.version == 6 else f"http://{ip}:{port}"
