"""What went wrong, in plain words with what to do next; and how an answer ended."""

from __future__ import annotations

import msgspec
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conversations.models import Completion, Message
from conversations.protocol.errors import ErrorKind


class Explanation(msgspec.Struct, frozen=True):
    """`title` says what happened, `detail` is what the endpoint said, `advice` what the reader can do. `parameter` is
    what the endpoint refused, if the request can be sent again without it.
    """

    title: str
    detail: str
    advice: str
    parameter: str = ""


# Per kind: what happened, and what to do about it.
_WORDS = {
    ErrorKind.INVALID_REQUEST: (
        gettext_lazy("The endpoint did not accept the request."),
        gettext_lazy("Change what it names below, or choose another model."),
    ),
    ErrorKind.AUTH: (
        gettext_lazy("The endpoint did not accept the API key."),
        gettext_lazy("An administrator can correct the key of this endpoint."),
    ),
    ErrorKind.QUOTA: (
        gettext_lazy("There is no credit left at the endpoint."),
        gettext_lazy("Add credit there, or choose a model of another endpoint."),
    ),
    ErrorKind.RATE_LIMIT: (
        gettext_lazy("The endpoint is busy."),
        gettext_lazy("Wait a little, then try again."),
    ),
    ErrorKind.MODEL_NOT_FOUND: (
        gettext_lazy("The endpoint does not have this model."),
        gettext_lazy("Choose another model at the top of the page."),
    ),
    ErrorKind.CONTEXT_LENGTH: (
        gettext_lazy("The conversation is too long for this model."),
        gettext_lazy("Start a new conversation, or choose a model that takes longer ones."),
    ),
    ErrorKind.CONTENT_FILTER: (
        gettext_lazy("The provider's content policy refused this."),
        gettext_lazy("Say it differently, or choose a model of another provider."),
    ),
    ErrorKind.TOO_LARGE: (
        gettext_lazy("The request is too large for the endpoint."),
        gettext_lazy("Send less at once."),
    ),
    ErrorKind.TIMEOUT: (
        gettext_lazy("The endpoint took too long."),
        gettext_lazy("Try again; it may have been paid for already."),
    ),
    ErrorKind.SERVER_ERROR: (
        gettext_lazy("Something went wrong at the endpoint."),
        gettext_lazy("Try again in a moment."),
    ),
    ErrorKind.BAD_RESPONSE: (
        gettext_lazy("The endpoint answered with something that is not a chat completion."),
        gettext_lazy("Its address may be wrong: it usually ends in /v1."),
    ),
    ErrorKind.EMPTY_RESPONSE: (
        gettext_lazy("The reply was empty."),
        gettext_lazy("Try again, or say it differently."),
    ),
    ErrorKind.INCOMPLETE_STREAM: (
        gettext_lazy("The answer broke off before its end."),
        gettext_lazy("Everything that arrived is kept. Continue it, or try again."),
    ),
    ErrorKind.UNREACHABLE: (
        gettext_lazy("The endpoint cannot be reached."),
        gettext_lazy("Check that it is running and that its address is right, then try again."),
    ),
    ErrorKind.NO_ENDPOINT: (
        gettext_lazy("There is no endpoint for this model any more."),
        gettext_lazy("Choose another model at the top of the page."),
    ),
    ErrorKind.INTERNAL: (
        gettext_lazy("Something went wrong in Chatsite itself."),
        gettext_lazy("Try again. If it happens again, the server's log tells an administrator why."),
    ),
}


# The endpoint knows who asks, and says no all the same.
_NOT_ALLOWED = (
    gettext_lazy("The endpoint does not allow this."),
    gettext_lazy(
        "An administrator can see at the provider what this key may do; another model may be allowed."
    ),
)
FORBIDDEN = 403


def title_of(kind: ErrorKind) -> str:
    """What happened, in one sentence."""
    return str(_WORDS[kind][0])


def explain(completion: Completion) -> Explanation | None:
    """What became of an exchange that failed; None if it did not."""
    if not completion.error_kind:
        return None
    try:
        title, advice = _WORDS[ErrorKind(completion.error_kind)]
    except (ValueError, KeyError):
        title, advice = _WORDS[ErrorKind.SERVER_ERROR]
    if completion.error_kind == ErrorKind.AUTH and completion.error_status == FORBIDDEN:
        title, advice = _NOT_ALLOWED
    return Explanation(
        title=str(title),
        detail=completion.error_message,
        advice=str(advice),
        parameter=completion.refused,
    )


LEFT_OUT = {
    "unreadable": gettext_lazy("this model takes no such files"),
    "too_many": gettext_lazy("more pictures than one request takes"),
    "too_large": gettext_lazy("more than one request takes"),
    "no_text": gettext_lazy("no text could be read out of it"),
    "gone": gettext_lazy("it is no longer there"),
}


def left_out_note(completion: Completion | None) -> str:
    """Which files of the conversation the model was not given, and why; empty if it had everything."""
    if completion is None or not completion.left_out:
        return ""
    told = [
        f"{item['name']} ({LEFT_OUT.get(item['reason'], LEFT_OUT['too_large'])})"
        for item in completion.left_out
    ]
    return _("The model was not given: %(files)s.") % {"files": ", ".join(dict.fromkeys(told))}


def finish_note(message: Message) -> str:
    """How the answer ended, where that is worth a word; empty for an ordinary end."""
    if message.status == Message.Status.STOPPED:
        return _("You stopped this answer.")
    if message.status == Message.Status.INTERRUPTED:
        return _(
            "Interrupted: the server stopped while this was being written. Everything up to then is kept."
        )
    if message.status != Message.Status.COMPLETE or message.role != Message.Role.ASSISTANT:
        return ""
    if message.finish_reason == "length":
        return _("Stopped at the length limit.")
    if message.finish_reason == "content_filter":
        return _("Cut off by the provider's content filter.")
    if message.finish_reason in {"", "stop", "tool_calls", "function_call", "eos_token", "end_turn"}:
        return ""
    return _("Ended with “%(reason)s”.") % {"reason": message.finish_reason}
