"""The endpoints as this process uses them: a client for each, their lists of models, and what runs on this machine."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from conversations.abilities import profile_of
from conversations.endpoints import (
    EndpointClient,
    EndpointConfig,
    EndpointPool,
    EndpointReport,
    OnFinding,
    check_endpoint,
    find_local_servers,
    model_to_test,
    probe_model,
)
from conversations.generation.database import in_database
from conversations.generation.plan import Plan
from conversations.models import Endpoint, OfferedModel
from conversations.protocol.errors import EndpointError, ErrorKind
from conversations.protocol.model_list import ModelInfo
from conversations.services import endpoints

LIST_IS_FRESH_FOR = timedelta(minutes=10)
FIRST_LIST_SECONDS = 1.5

log = structlog.get_logger(__name__)


def config_for(endpoint: Endpoint) -> EndpointConfig:
    """How to reach `endpoint`. The key of the environment's endpoint is never stored: it is taken from there."""
    from_environment = endpoint.source == Endpoint.Source.ENVIRONMENT
    return EndpointConfig(
        id=f"endpoint-{endpoint.pk}",
        name=endpoint.name,
        base_url=endpoint.base_url,
        api_key=settings.OPENAI_API_KEY if from_environment else endpoint.api_key,
        connect_timeout_seconds=settings.CHATSITE_CONNECT_TIMEOUT_SECONDS,
        first_byte_timeout_seconds=settings.CHATSITE_FIRST_BYTE_TIMEOUT_SECONDS,
        idle_timeout_seconds=settings.CHATSITE_IDLE_TIMEOUT_SECONDS,
        retries=settings.CHATSITE_ENDPOINT_RETRIES,
    )


async def check(endpoint: Endpoint) -> EndpointReport:
    """Try out a connection: what the endpoint lists and answers, in words."""
    return await check_endpoint(config_for(endpoint))


async def probe(endpoint: Endpoint, name: str, *, on_finding: OnFinding | None = None) -> OfferedModel | None:
    """Find out what a model can do, and keep it; of no name, the first model that seems to chat.

    None when there is no model to ask, or none of that name has ever answered.
    """
    if not name:
        listed = await in_database(lambda: list(endpoint.models.values_list("name", flat=True)))
        name = model_to_test(listed or await _names_of(endpoint))
    if not name:
        return None
    findings = await probe_model(config_for(endpoint), name, on_finding=on_finding)
    is_listed = await in_database(endpoint.models.filter(name=name[:255]).exists)
    if not is_listed and all(finding.state != "yes" for finding in findings):
        return None
    return await in_database(endpoints.save_profile, endpoint, name, profile_of(findings))


async def _names_of(endpoint: Endpoint) -> list[str]:
    client = EndpointClient(config_for(endpoint))
    try:
        return [model.id for model in await client.list_models()]
    except EndpointError:
        return []
    finally:
        await client.aclose()


class Catalog:
    """Endpoint clients of one event loop."""

    def __init__(self) -> None:
        self._pool = EndpointPool()
        self._refreshing: dict[int, asyncio.Task[None]] = {}

    async def prepare(self) -> None:
        """Bring the endpoints in line with the environment, and look for servers on this machine."""
        await in_database(endpoints.configure_endpoints)
        if await in_database(endpoints.wants_discovery):
            found = await find_local_servers()
            await in_database(endpoints.save_discovered, [(server.name, server.base_url) for server in found])
        # A page waits a moment for the names of models, never for an endpoint that does not answer.
        listing = [
            self._begin_refresh(endpoint) for endpoint in await in_database(endpoints.usable_endpoints)
        ]
        if listing:
            await asyncio.wait(listing, timeout=FIRST_LIST_SECONDS)

    async def client_for(self, plan: Plan) -> EndpointClient:
        """The client for a plan; a plan without a model gets the first that the endpoint lists.

        Raises EndpointError when there is no endpoint, or no model to ask.
        """
        endpoint = plan.endpoint
        if endpoint is None:
            raise EndpointError(ErrorKind.UNREACHABLE, _("No endpoint is set up."))
        if not plan.body["model"]:
            await self.refresh(endpoint)
            plan.body["model"] = await in_database(endpoints.default_model, endpoint)
        if not plan.body["model"]:
            raise EndpointError(ErrorKind.MODEL_NOT_FOUND, _("The endpoint lists no models: type a name."))
        return self._pool.client_for(config_for(endpoint))

    def refresh_stale(self, offered: list[Endpoint]) -> None:
        """Ask those whose list is old for a new one, in the background."""
        oldest = timezone.now() - LIST_IS_FRESH_FOR
        for endpoint in offered:
            if endpoint.listed_at is None or endpoint.listed_at < oldest:
                self._begin_refresh(endpoint)

    async def refresh(self, endpoint: Endpoint) -> None:
        """Ask `endpoint` for its models and keep the list, or why there is none."""
        await asyncio.shield(self._begin_refresh(endpoint))

    async def refresh_all(self, offered: list[Endpoint]) -> None:
        await asyncio.gather(*(self.refresh(endpoint) for endpoint in offered))

    async def aclose(self) -> None:
        await self._pool.aclose()

    def _begin_refresh(self, endpoint: Endpoint) -> asyncio.Task[None]:
        task = self._refreshing.get(endpoint.pk)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._refresh(endpoint))
            self._refreshing[endpoint.pk] = task
            task.add_done_callback(lambda _: self._refreshing.pop(endpoint.pk, None))
        return task

    async def _refresh(self, endpoint: Endpoint) -> None:
        try:
            listed = await self._pool.client_for(config_for(endpoint)).list_models()
        except EndpointError as failed:
            log.info("models_not_listed", endpoint=endpoint.name, reason=failed.message)
            await in_database(endpoints.save_list_error, endpoint, failed.message)
            return
        offers = [
            endpoints.Offer(
                name=model.id, label=model.name, context_length=model.context_length, data=_kept(model)
            )
            for model in listed
        ]
        await in_database(endpoints.save_offers, endpoint, offers)


def _kept(model: ModelInfo) -> dict[str, Any]:
    """Of what an endpoint tells of a model, what the site uses: prices in US dollars for a token, and what it takes."""
    pricing = model.extra.get("pricing")
    kept: dict[str, Any] = {"pricing": pricing} if isinstance(pricing, dict) else {}
    if model.input_modalities:
        kept["input_modalities"] = model.input_modalities
    return kept
