"""The parameters of a request as a form: every control with its name on the wire, its range and its default."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conversations.models import RequestSettings
from conversations.models.request_settings import WithRequestSettings
from conversations.parameter_form.fields import BiasesField, JSONObjectField, LinesField, plain_number
from conversations.parameter_form.words import EXTRA, GROUPS, HELP, LABELS, SCHEMA, SHAPE, SIMPLE
from conversations.protocol.errors import InvalidRequest
from conversations.protocol.parameters import BY_NAME, PARAMETERS, Parameter, put_together, taken_apart
from conversations.protocol.requests import check_parameters
from conversations.protocol.text_repair import clean_value
from conversations.structured_output import schema_problem

# Names on the page begin with it: some parameters are called as other things of the composer's form.
PREFIX = "p"
NOTHING: tuple[Any, ...] = (None, "", [], {})
NOT_PARAMETERS = ("model", "messages")


def _field(parameter: Parameter) -> forms.Field:
    low, high = parameter.low, parameter.high
    match parameter.kind:
        case "number":
            widget = forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"})
            return forms.FloatField(min_value=low, max_value=high, widget=widget, required=False)
        case "integer":
            return forms.IntegerField(min_value=_whole(low), max_value=_whole(high), required=False)
        case "boolean":
            sides = [("true", gettext_lazy("on")), ("false", gettext_lazy("off"))]
            return _choice_field(parameter, sides, coerce=lambda text: text == "true")
        case "choice":
            return _choice_field(parameter, [(choice, choice) for choice in parameter.choices])
        case "text":
            return forms.CharField(required=False)
        case "lines":
            return LinesField(required=False)
        case "biases":
            return BiasesField(low=low or 0, high=high or 0, required=False)
        case "names":
            choices = [(choice, choice) for choice in parameter.choices]
            return forms.MultipleChoiceField(
                choices=choices, widget=forms.CheckboxSelectMultiple, required=False
            )


def _choice_field(
    parameter: Parameter, choices: list[tuple[str, Any]], *, coerce: Callable[[str], Any] = str
) -> forms.Field:
    return forms.TypedChoiceField(
        choices=[("", _default(parameter)), *choices], coerce=coerce, empty_value=None, required=False
    )


class ParameterForm(forms.Form):
    """Made from request settings, and gives `request_settings` back; fields are called as on the wire."""

    system_prompt = forms.CharField(
        label=gettext_lazy("Instructions"),
        help_text=gettext_lazy("What the model is told before everything else: who it is, how it answers."),
        required=False,
        max_length=1_000_000,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
    )
    system_role = forms.ChoiceField(
        label=gettext_lazy("Role of the instructions"),
        choices=WithRequestSettings.SystemRole.choices,
        required=False,
    )
    # What the model is known not to do, for whoever shows the form.
    beyond: Collection[str] = ()

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        settings: RequestSettings | None = None,
        form_id: str = "",
    ) -> None:
        """`form_id`: the form on the page that its controls belong to."""
        initial = _initial(settings or RequestSettings())
        super().__init__(data, prefix=PREFIX, initial=initial)
        for name in [*(parameter.name for parameter in PARAMETERS), SCHEMA, EXTRA]:
            parameter = BY_NAME.get(name)
            field = _field(parameter) if parameter else JSONObjectField(rows=5, required=False)
            field.label, field.help_text = LABELS[name], HELP.get(name, "")
            self.fields[name] = field
        for name, field in self.fields.items():
            field.widget.attrs["id"] = _id_of(name)
            if not isinstance(field, forms.MultipleChoiceField):
                field.widget.attrs["aria-describedby"] = self._control(name).described_by
            if form_id:
                field.widget.attrs["form"] = form_id

    @property
    def instructions(self) -> Control:
        return self._control("system_prompt")

    @property
    def shape_controls(self) -> list[Control]:
        """Those for the form of the answer."""
        return [self._control(name) for name in SHAPE]

    @property
    def simple(self) -> Iterator[Control]:
        return (self._control(name) for name in SIMPLE)

    @property
    def groups(self) -> Iterator[tuple[Any, list[Control], int]]:
        """Title, controls, and how many of them say something."""
        for title, names in GROUPS:
            controls = [self._control(name) for name in names]
            yield title, controls, sum(control.says_something for control in controls)

    @property
    def has_hidden_errors(self) -> bool:
        """Whether a group that is folded at first holds something that is wrong."""
        return bool(self.errors.keys() - {*SIMPLE, "system_prompt"})

    @property
    def controls(self) -> Iterator[Control]:
        return (self._control(name) for name in self.fields)

    @property
    def complaints(self) -> str:
        """What is wrong with a form that is not valid, in one line."""
        return " ".join(
            f"{self[name].label}: {' '.join(str(error) for error in errors)}"
            for name, errors in self.errors.items()
        )

    @property
    def request_settings(self) -> RequestSettings:
        """Of a form that is valid."""
        data = self.cleaned_data
        values = {name: plain_number(data[name]) for name in BY_NAME if data[name] not in NOTHING}
        if data[SCHEMA]:
            values[SCHEMA] = _named_schema(data[SCHEMA])
        return RequestSettings(
            system_prompt=data["system_prompt"].replace("\r\n", "\n").strip(),
            system_role=data["system_role"] or WithRequestSettings.SystemRole.SYSTEM,
            parameters=clean_value(put_together(values, data[EXTRA])),
        )

    def clean_extra(self) -> dict[str, Any]:
        extra: dict[str, Any] = self.cleaned_data[EXTRA]
        for name in NOT_PARAMETERS:
            if name in extra:
                raise ValidationError(_("“%(name)s” is not set here.") % {"name": name})
        for name in (*BY_NAME, SCHEMA):
            if self.cleaned_data.get(name) not in NOTHING and _holds(extra, name):
                raise ValidationError(_("“%(name)s” is set above already.") % {"name": name})
        return extra

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        kind, schema = data["response_format.type"], data[SCHEMA]
        has_schema = bool(schema) or _holds(data[EXTRA], SCHEMA)
        modalities = data["modalities"]
        problem = schema_problem(_named_schema(schema).get("schema")) if schema else ""
        if problem:
            self.add_error(SCHEMA, _("This is not a schema: %(problem)s") % {"problem": problem})
        if kind == "json_schema" and not has_schema:
            self.add_error(SCHEMA, _("This format needs a schema."))
        elif schema and kind != "json_schema":
            self.add_error("response_format.type", _("A schema needs the format json_schema."))
        if data["top_logprobs"] and not data["logprobs"]:
            self.add_error("top_logprobs", _("Turn the probabilities on as well."))
        for name in ("audio.voice", "audio.format"):
            if "audio" in modalities and not data[name]:
                self.add_error(name, _("Spoken answers need a voice and a format."))
        if data["stream"] is False and data["stream_options.include_usage"] is not None:
            self.add_error(
                "stream_options.include_usage", _("Only with an answer that is written as it comes.")
            )
        if not self.errors:
            self._check_as_endpoints_do()
        return data

    def _check_as_endpoints_do(self) -> None:
        try:
            check_parameters(self.request_settings.parameters)
        except InvalidRequest as refused:
            named = (refused.param or "").partition(".")[0]
            self.add_error(named if named in self.fields else EXTRA, refused.message)

    def _control(self, name: str) -> Control:
        return Control(self[name], name, BY_NAME.get(name), is_beyond=name in self.beyond)


class Control:
    """A field as the page shows it."""

    def __init__(
        self, bound: forms.BoundField, name: str, parameter: Parameter | None, *, is_beyond: bool
    ) -> None:
        self.bound = bound
        self.name = name
        self.is_beyond = is_beyond
        self._parameter = parameter

    @property
    def wire_name(self) -> str:
        return "" if self.name in (EXTRA, "system_prompt", "system_role") else self.name

    @property
    def error_id(self) -> str:
        return f"{_id_of(self.name)}-error"

    @property
    def about_id(self) -> str:
        return f"{_id_of(self.name)}-about"

    @property
    def described_by(self) -> str:
        """The ids of what a screen reader tells of the control."""
        about_range = f"{self.about_id}-range " if self.about else ""
        return f"{about_range}{self.about_id} {self.error_id}"

    @property
    def about(self) -> str:
        """Range and default."""
        told = []
        parameter = self._parameter
        if parameter and parameter.kind in ("number", "integer", "biases"):
            low, high = parameter.low, parameter.high
            if high is not None and high < 2**53:
                told.append(_("%(low)s to %(high)s") % {"low": f"{low:g}", "high": f"{high:g}"})
            elif low is not None and low > -(2**53):
                told.append(_("at least %(low)s") % {"low": f"{low:g}"})
        if parameter and parameter.default and parameter.kind in ("number", "integer", "names"):
            told.append(_("usually %(default)s") % {"default": parameter.default})
        return " · ".join(told)

    @property
    def is_group(self) -> bool:
        return isinstance(self.bound.field, forms.MultipleChoiceField)

    @property
    def says_something(self) -> bool:
        return self.bound.value() not in (*NOTHING, WithRequestSettings.SystemRole.SYSTEM)


def _holds(body: Mapping[str, Any], name: str) -> bool:
    """Whether a request says something where the member `name`, dotted, has its place."""
    outer, dot, inner = name.partition(".")
    if outer not in body:
        return False
    held = body[outer]
    return not dot or not isinstance(held, dict) or inner in held


def _id_of(name: str) -> str:
    """Of its element: without the dots, which mean something in selectors."""
    return f"{PREFIX}-{name}".replace(".", "-")


def _initial(settings: RequestSettings) -> dict[str, Any]:
    values, rest = taken_apart(settings.parameters)
    shaped = rest.get("response_format")
    if (
        isinstance(shaped, dict)
        and list(shaped) == ["json_schema"]
        and isinstance(shaped["json_schema"], dict)
    ):
        values[SCHEMA] = shaped["json_schema"]
        del rest["response_format"]
    for name, value in values.items():
        if isinstance(value, bool):
            values[name] = "true" if value else "false"
    return {
        "system_prompt": settings.system_prompt,
        "system_role": settings.system_role,
        EXTRA: rest,
        **values,
    }


def _named_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """Endpoints want a schema to have a name."""
    if "schema" in schema or schema.keys() <= {"name", "strict", "description"}:
        return {"name": "answer", **schema}
    return {"name": "answer", "schema": schema}


def _default(parameter: Parameter) -> Any:
    if not parameter.default:
        return gettext_lazy("as the model does")
    names = {"true": gettext_lazy("as usual: on"), "false": gettext_lazy("as usual: off")}
    return names.get(parameter.default) or format_lazy("{} {}", gettext_lazy("as usual:"), parameter.default)


def _whole(bound: float | None) -> int | None:
    return None if bound is None else int(bound)
