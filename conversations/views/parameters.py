"""The panel of parameters, presets and defaults."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from conversations.abilities import beyond
from conversations.access import conversation_for, own_preset_for, preset_for
from conversations.json_schemas import TEMPLATES, TITLES
from conversations.models import Conversation, Preset, RequestDefaults, RequestSettings
from conversations.models.preset import MODEL_KEY_LENGTH
from conversations.models.request_settings import SETTINGS_FIELDS
from conversations.parameter_form import ParameterForm
from conversations.protocol.text_repair import clean_text
from conversations.services import endpoints, request_settings
from conversations.services.endpoints import ModelChoice
from conversations.services.errors import NoModel, ServiceError
from conversations.views.answering import refusal, user_id
from conversations.views.pages import page_context

COMPOSER = "composer-form"
NOT_KEPT = gettext_lazy("Not kept: something is not right yet.")


@require_http_methods(["GET", "POST"])
@login_required
def parameters(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Those of a conversation. POST keeps them if all are good, and says which are not."""
    found = conversation_for(request.user, conversation_id)
    if request.method == "GET":
        return _panel(request, found, found.request_settings)
    form = ParameterForm(request.POST)
    status, shown = "", ""
    if form.is_valid():
        try:
            found = request_settings.set_request_settings(
                found, form.request_settings, instead_of=request.POST.get("shown")
            )
            status, shown = _("Kept"), request_settings.fingerprint(found.request_settings)
        except ServiceError as refused:
            status = str(refused)
    if request.htmx:  # type: ignore[attr-defined]
        return _verdict(request, form, status, shown=shown)
    if shown:
        return HttpResponseRedirect(found.get_absolute_url())
    return _panel(request, found, form=form, status=status or NOT_KEPT)


@require_http_methods(["GET", "POST"])
@login_required
def new_parameters(request: HttpRequest) -> HttpResponse:
    """Those of a conversation that is not begun: they go with its first message. POST only checks them."""
    if request.method == "POST":
        form = ParameterForm(request.POST, form_id=COMPOSER)
        form.is_valid()
        return _verdict(request, form, "")
    choice = endpoints.choose(request.GET.get("model", ""))
    if request.GET.get("preset"):
        begun = preset_for(request.user, request.GET["preset"]).request_settings
    else:
        begun = request_settings.settings_to_begin_with(user_id(request), choice.key if choice else "")
    return _panel(request, None, begun, choice=choice)


@require_POST
@login_required
def use_preset(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Put a preset's settings in the place of the conversation's."""
    found = conversation_for(request.user, conversation_id)
    preset = preset_for(request.user, request.POST.get("preset", ""))
    found = request_settings.set_request_settings(found, preset.request_settings)
    if not request.htmx:  # type: ignore[attr-defined]
        return HttpResponseRedirect(reverse("parameters", args=[found.pk]))
    return _panel(request, found, found.request_settings, status=_("Kept"))


def of_a_good_form(view: Callable[[HttpRequest, ParameterForm], HttpResponse]) -> Callable[..., HttpResponse]:
    """For views that keep what the panel shows elsewhere: only if all of it is good."""

    @require_POST
    @login_required
    @wraps(view)
    def answered(request: HttpRequest) -> HttpResponse:
        form = ParameterForm(request.POST)
        if not form.is_valid():
            return _verdict(request, form, "")
        try:
            return view(request, form)
        except ServiceError as refused:
            return refusal(request, refused)

    return answered


@of_a_good_form
def save_preset(request: HttpRequest, form: ParameterForm) -> HttpResponse:
    """Keep what the panel shows under a name."""
    preset = request_settings.save_preset(
        request.user,  # type: ignore[arg-type]
        request.POST.get("name", ""),
        form.request_settings,
        model_key=_model_key(request) if "with_model" in request.POST else "",
        shared="shared" in request.POST,
    )
    status = _("Kept as “%(name)s”") % {"name": preset.name}
    return _verdict(request, form, status, presets=_presets(request))


@of_a_good_form
def save_defaults(request: HttpRequest, form: ParameterForm) -> HttpResponse:
    """Let new conversations begin with what the panel shows: all of them, or those with the model that is chosen."""
    key = _model_key(request) if request.POST.get("for") == "model" else ""
    request_settings.begin_with(request.user, form.request_settings, model_key=key)  # type: ignore[arg-type]
    return _verdict(request, form, _("New conversations begin like this"))


@require_POST
@login_required
def share_preset(request: HttpRequest, preset_id: int) -> HttpResponse:
    preset = own_preset_for(request.user, preset_id)
    request_settings.share_preset(preset, shared=not preset.shared)
    return HttpResponseRedirect(reverse("settings"))


@require_POST
@login_required
def delete_preset(request: HttpRequest, preset_id: int) -> HttpResponse:
    request_settings.delete_preset(own_preset_for(request.user, preset_id))
    return HttpResponseRedirect(reverse("settings"))


@require_POST
@login_required
def forget_defaults(request: HttpRequest) -> HttpResponse:
    key = clean_text(request.POST.get("model", ""))
    request_settings.begin_with(request.user, RequestSettings(), model_key=key)  # type: ignore[arg-type]
    return HttpResponseRedirect(reverse("settings"))


@require_GET
@login_required
def schema_template(request: HttpRequest) -> HttpResponse:
    """The controls of the answer's form, filled in with a template."""
    template = TEMPLATES.get(request.GET.get("template", ""))
    if template is None:
        raise Http404
    wanted = {"response_format": {"type": "json_schema", "json_schema": template}}
    is_new = "new" in request.GET
    form = ParameterForm(settings=RequestSettings(parameters=wanted), form_id=COMPOSER if is_new else "")
    context = {
        "controls": form.shape_controls,
        "schema_templates": TITLES.items(),
        "conversation": not is_new,
    }
    return render(request, "conversations/parameters/group.html", context)


def _model_key(request: HttpRequest) -> str:
    """The model that is chosen on the page, by the name that new conversations have for it. Raises NoModel."""
    choice = endpoints.choose(request.POST.get("model", ""))
    if choice is None or not choice.name or len(choice.key) > MODEL_KEY_LENGTH:
        raise NoModel
    return choice.key


def kept_by(request: HttpRequest) -> dict[str, Any]:
    """What the page of settings lists."""
    kept = RequestDefaults.objects.filter(user_id=user_id(request)).order_by("model_key")
    own = Preset.objects.filter(owner_id=user_id(request))
    return {"presets": own.defer(*SETTINGS_FIELDS), "defaults": kept.defer(*SETTINGS_FIELDS)}


def _presets(request: HttpRequest) -> list[Preset]:
    usable = Preset.objects.usable_by(request.user).select_related("owner")
    return list(usable.defer(*SETTINGS_FIELDS))


def _seen(request: HttpRequest, conversation: Conversation | None) -> str:
    """The fingerprint of the settings that whoever has the panel before them has seen last."""
    if conversation is None:
        return ""
    return request.POST.get("shown") or request_settings.fingerprint(conversation.request_settings)


def _panel(
    request: HttpRequest,
    conversation: Conversation | None,
    settings: RequestSettings | None = None,
    *,
    choice: ModelChoice | None = None,
    form: ParameterForm | None = None,
    status: Any = "",
) -> HttpResponse:
    """`choice` is whom a conversation that is not begun would ask."""
    if conversation:
        choice = ModelChoice(conversation.endpoint, conversation.model) if conversation.endpoint else None
    form = form or ParameterForm(settings=settings, form_id="" if conversation else COMPOSER)
    form.beyond = beyond(endpoints.profile_for(choice)) if choice else ()
    context: dict[str, Any] = {
        "form": form,
        "conversation": conversation,
        "presets": _presets(request),
        "schema_templates": TITLES.items(),
        "status": status,
        "shown": _seen(request, conversation),
    }
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "conversations/parameters/panel.html", context)
    if conversation is None:
        return HttpResponseRedirect(reverse("home"))
    context |= page_context(request, current=conversation.pk)
    status_code = 422 if form.errors else 200
    return render(request, "conversations/parameters/page.html", context, status=status_code)


def _verdict(
    request: HttpRequest,
    form: ParameterForm,
    status: str,
    *,
    presets: list[Preset] | None = None,
    shown: str = "",
) -> HttpResponse:
    """What changes in a panel that is open: what is wrong with each control, and what became of it all."""
    if form.errors:
        status = str(NOT_KEPT)
    context = {"form": form, "status": status, "presets": presets, "shown": shown}
    return render(request, "conversations/parameters/verdict.html", context)
