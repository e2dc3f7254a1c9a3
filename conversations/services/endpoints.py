"""Which endpoints there are: those from the environment, found on this machine or added by staff; else the demo."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec
from django.conf import settings
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext

from conversations.models import Endpoint, OfferedModel
from conversations.protocol.text_repair import clean_text
from conversations.services.errors import EndpointRefused
from conversations.services.transactions import writing

KEY_SEPARATOR = "::"
OFFERED = ("label", "context_length", "data")


class Offer(msgspec.Struct, frozen=True):
    """A model as an endpoint lists it."""

    name: str
    label: str = ""
    context_length: int | None = None
    data: dict[str, Any] = {}


class ModelChoice(msgspec.Struct, frozen=True):
    """A model at an endpoint. `name` is empty when the endpoint has not listed its models yet."""

    endpoint: Endpoint
    name: str

    @property
    def key(self) -> str:
        return model_key(self.endpoint, self.name)


def model_key(endpoint: Endpoint | None, name: str) -> str:
    """How a page names a model at an endpoint: `slug::name`."""
    return f"{endpoint.slug}{KEY_SEPARATOR}{name}" if endpoint else name


def usable_endpoints() -> list[Endpoint]:
    """Those to choose from, the first of them by default; the demo only when there is no other."""
    enabled = list(Endpoint.objects.usable())
    real = [endpoint for endpoint in enabled if endpoint.source != Endpoint.Source.DEMO]
    return real or enabled


def choose(key: str, *, at: Endpoint | None = None) -> ModelChoice | None:
    """What a page's model key, a name typed by hand or an empty key stands for; None when there is no endpoint.

    A name that no endpoint lists is one of the endpoint `at`, where the conversation is, or else of the first.
    """
    endpoints = usable_endpoints()
    if not endpoints:
        return None
    key = clean_text(key)
    slug, separator, name = key.partition(KEY_SEPARATOR)
    if separator:
        for endpoint in endpoints:
            if endpoint.slug == slug:
                return ModelChoice(endpoint, name.strip() or default_model(endpoint))
        key = name
    name = key.strip()
    home = at if at in endpoints else endpoints[0]
    if not name:
        return ModelChoice(home, default_model(home))
    offering = {model.endpoint_id for model in OfferedModel.objects.filter(name=name, endpoint__in=endpoints)}
    return ModelChoice(next((each for each in [home, *endpoints] if each.pk in offering), home), name)


def default_model(endpoint: Endpoint) -> str:
    """The model to ask when nobody chose: the configured one, else the first that the endpoint lists."""
    if settings.CHATSITE_DEFAULT_MODEL and endpoint.source != Endpoint.Source.DEMO:
        return settings.CHATSITE_DEFAULT_MODEL
    first = endpoint.models.order_by("id").first()
    return first.name if first else ""


def configure_endpoints() -> None:
    """Bring the rows in line with the environment; the demo's row always exists."""
    with writing():
        _upsert(Endpoint.Source.DEMO, "Demo", Endpoint.DEMO_URL, position=1000)
        if settings.OPENAI_BASE_URL:
            name = _host(settings.OPENAI_BASE_URL)
            _upsert(Endpoint.Source.ENVIRONMENT, name, settings.OPENAI_BASE_URL, position=0)
        else:
            Endpoint.objects.filter(source=Endpoint.Source.ENVIRONMENT).update(present=False)


def add_endpoint(name: str, base_url: str, *, api_key: str = "") -> Endpoint:
    """A further endpoint. Raises EndpointRefused when the name is taken or the address is none."""
    base_url = checked_address(base_url)
    with writing():
        if Endpoint.objects.filter(name=name).exists():
            raise EndpointRefused(gettext("There is an endpoint of that name already."))
        return Endpoint.objects.create(name=name, slug=unused_slug(name), base_url=base_url, api_key=api_key)


def checked_address(base_url: str) -> str:
    """The address as it is kept. Raises EndpointRefused when it is none."""
    base_url = base_url.strip()
    try:
        parts = urlsplit(base_url)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        raise EndpointRefused(
            gettext(
                "The address must begin with http:// or https:// and a name, as in http://localhost:8080/v1."
            )
        )
    return base_url


def unused_slug(name: str) -> str:
    """What an endpoint of this name is called in addresses; a name without Latin letters gives none by itself."""
    return _unused(slugify(name) or "endpoint", "slug")


def wants_discovery() -> bool:
    """Whether to look for model servers on this machine: only when nobody said which endpoint to use."""
    configured = Endpoint.objects.usable().filter(
        source__in=[Endpoint.Source.ENVIRONMENT, Endpoint.Source.ADMIN]
    )
    return settings.CHATSITE_DISCOVER_LOCAL and not configured.exists()


def save_discovered(found: Iterable[tuple[str, str]]) -> None:
    """The local servers that answer, given as (name, base URL), are there, and others no longer are."""
    servers = list(found)
    with writing():
        local = Endpoint.objects.filter(source=Endpoint.Source.LOCAL)
        local.exclude(base_url__in=[url for _, url in servers]).update(present=False)
        for position, (name, url) in enumerate(servers, start=10):
            _upsert(Endpoint.Source.LOCAL, name, url, position=position, match={"base_url": url})


def save_offers(endpoint: Endpoint, offers: Sequence[Offer]) -> None:
    """Replace the list of models that `endpoint` offers."""
    wanted = {offer.name[:255]: offer for offer in offers}
    with writing():
        there = {model.name: model for model in endpoint.models.all()}
        # What was tried out is there, whatever the list says.
        gone = [model.pk for name, model in there.items() if name not in wanted and not model.probed_at]
        # A list seldom changes, and whoever writes keeps others waiting.
        OfferedModel.objects.filter(pk__in=gone).delete()
        changed = [
            there[name] for name, offer in wanted.items() if name in there and _differs(there[name], offer)
        ]
        OfferedModel.objects.bulk_update(changed, OFFERED, batch_size=100)
        OfferedModel.objects.bulk_create(
            OfferedModel(endpoint=endpoint, name=name, **_offered(offer))
            for name, offer in wanted.items()
            if name not in there
        )
        Endpoint.objects.filter(pk=endpoint.pk).update(listed_at=timezone.now(), list_error="")


def save_list_error(endpoint: Endpoint, message: str) -> None:
    """Note why the models could not be listed; the last list stays."""
    with writing():
        Endpoint.objects.filter(pk=endpoint.pk).update(listed_at=timezone.now(), list_error=message)


def save_profile(endpoint: Endpoint, name: str, profile: dict[str, Any]) -> OfferedModel:
    """Keep what a model could do; one that the endpoint does not list is listed from now on."""
    with writing():
        values = {"profile": profile, "probed_at": timezone.now()}
        return OfferedModel.objects.update_or_create(endpoint=endpoint, name=name[:255], defaults=values)[0]


def profile_for(choice: ModelChoice) -> dict[str, Any]:
    """What is known of a model's abilities; empty when it was never tried."""
    kept = OfferedModel.objects.filter(endpoint=choice.endpoint, name=choice.name[:255]).values_list(
        "profile", flat=True
    )
    return kept.first() or {}


def _offered(offer: Offer) -> dict[str, Any]:
    return {"label": offer.label[:255], "context_length": offer.context_length, "data": offer.data}


def _differs(model: OfferedModel, offer: Offer) -> bool:
    """Bring a row in line with what is offered; whether that changed it."""
    offered = _offered(offer)
    before = {name: getattr(model, name) for name in OFFERED}
    for name in OFFERED:
        setattr(model, name, offered[name])
    return before != offered


def _upsert(
    source: Endpoint.Source, name: str, base_url: str, *, position: int, match: dict[str, Any] | None = None
) -> None:
    """Make sure that an endpoint is there; its name, place and whether it is enabled are for staff to change."""
    lookup = {"source": source, **(match or {})}
    endpoint = Endpoint.objects.filter(**lookup).order_by("id").first()
    if endpoint is None:
        Endpoint.objects.create(
            source=source,
            name=_unused(name, "name"),
            slug=unused_slug(name),
            base_url=base_url,
            position=position,
        )
    elif (endpoint.base_url, endpoint.present) != (base_url, True):
        endpoint.base_url, endpoint.present = base_url, True
        endpoint.save(update_fields=["base_url", "present"])


def _unused(wanted: str, field: str) -> str:
    candidate, number = wanted, 1
    while Endpoint.objects.filter(**{field: candidate}).exists():
        number += 1
        candidate = f"{wanted}-{number}" if field == "slug" else f"{wanted} {number}"
    return candidate


def _host(url: str) -> str:
    """The host in an address, without the password that may stand in front of it."""
    return url.split("://", 1)[-1].split("/", 1)[0].rpartition("@")[2]
