"""What a service refuses, in words for the person who asked.

ServiceError
├── NothingToSend          the message is empty
├── MessageTooLong         the message is longer than the site takes
├── SignedOut              the session has ended
├── SiteCloses             the process goes away; another comes
├── NoConversation         there is no such conversation, or it is not theirs
├── AnswerInProgress       the conversation's last answer is still being written
├── NotPossible            the message cannot be changed in that way
└── EndpointRefused        the endpoint cannot be added as it was given
"""

from __future__ import annotations

from django.utils.translation import gettext as _


class ServiceError(Exception):
    """Refused; nothing was changed. `code` is for programs, `status` for HTTP, str() for people."""

    code = "refused"
    status = 400


class NothingToSend(ServiceError):
    code = "empty"
    status = 422

    def __str__(self) -> str:
        return _("Write something first.")


class MessageTooLong(ServiceError):
    code = "too_long"
    status = 413

    def __init__(self, *, length: int, limit: int) -> None:
        super().__init__(length, limit)
        self.length = length
        self.limit = limit

    def __str__(self) -> str:
        return _(
            "This message has %(length)s characters; the limit is %(limit)s. Shorten it or split it up."
        ) % {
            "length": f"{self.length:,}",
            "limit": f"{self.limit:,}",
        }


class SignedOut(ServiceError):
    code = "signed_out"
    status = 401

    def __str__(self) -> str:
        return _("You are signed out.")


class SiteCloses(ServiceError):
    code = "site_closes"
    status = 503

    def __str__(self) -> str:
        return _("The site is being restarted. Your message is kept here: send it again in a moment.")


class NoConversation(ServiceError):
    code = "not_found"
    status = 404

    def __str__(self) -> str:
        return _("This conversation is no longer there.")


class AnswerInProgress(ServiceError):
    code = "answer_in_progress"
    status = 409

    def __str__(self) -> str:
        return _("An answer is still being written. Wait for it, or stop it first.")


class NotPossible(ServiceError):
    code = "not_possible"
    status = 409

    def __str__(self) -> str:
        return _("That cannot be done with this message.")


class EndpointRefused(ServiceError):
    code = "endpoint_refused"
    status = 422
