"""What a service refuses, in words for the person who asked.

ServiceError
├── NothingToSend          the message is empty
├── ChangedElsewhere       what would be replaced is not what was seen
├── BadParameters          something in the panel of parameters cannot be sent
├── NoModel                nobody has chosen a model
├── NothingToName          a preset needs a name
├── FileNotTaken           the file is of no kind that is taken, or there is something wrong with it
├── FileTooLarge           the file is larger than the site takes
├── NoSpaceLeft            the person's files would take more space than they have
├── FileGone               a file that was to be sent is no longer there
├── TooManyFiles           the message has more files than one takes
├── MessageTooLong         the message is longer than the site takes
├── SignedOut              the session has ended
├── SiteCloses             the process goes away; another comes
├── NoConversation         there is no such conversation, or it is not theirs
├── AnswerInProgress       the conversation's last answer is still being written
├── NotPossible            the message cannot be changed in that way
└── EndpointRefused        the endpoint cannot be added as it was given
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise


class ServiceError(Exception):
    """Refused; nothing was changed. `code` is for programs, `status` for HTTP, str() for people: the `words`, in the
    language of whoever asks, or what it was raised with.
    """

    code = "refused"
    status = 400
    words: StrPromise | None = None

    def __str__(self) -> str:
        return super().__str__() if self.words is None else str(self.words)


class NothingToSend(ServiceError):
    code = "empty"
    status = 422
    words = gettext_lazy("Write something first.")


class ChangedElsewhere(ServiceError):
    code = "changed_elsewhere"
    status = 409
    words = gettext_lazy("Not kept: changed elsewhere meanwhile. Open the panel again to see how.")


class NoModel(ServiceError):
    code = "no_model"
    status = 422
    words = gettext_lazy("Choose a model first.")


class BadParameters(ServiceError):
    """Raised with words that say which."""

    code = "bad_parameters"
    status = 422


class NothingToName(ServiceError):
    code = "nameless"
    status = 422
    words = gettext_lazy("Give it a name first.")


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


class FileNotTaken(ServiceError):
    """Raised with words that say why."""

    code = "file_not_taken"
    status = 422


class FileTooLarge(ServiceError):
    code = "file_too_large"
    status = 413

    def __init__(self, *, limit: int) -> None:
        super().__init__(limit)
        self.limit = limit

    def __str__(self) -> str:
        return _("This file is too large: the limit is %(limit)s.") % {"limit": filesizeformat(self.limit)}


class NoSpaceLeft(ServiceError):
    code = "no_space_left"
    status = 413

    def __init__(self, *, quota: int) -> None:
        super().__init__(quota)
        self.quota = quota

    def __str__(self) -> str:
        return _(
            "There is no space left for this file: all your files together may take %(quota)s. "
            "Delete conversations with files that you no longer need."
        ) % {"quota": filesizeformat(self.quota)}


class FileGone(ServiceError):
    code = "file_gone"
    status = 409
    words = gettext_lazy(
        "One of the files is no longer there, or was sent already. Take it out and send again."
    )


class TooManyFiles(ServiceError):
    code = "too_many_files"
    status = 422

    def __init__(self, *, limit: int) -> None:
        super().__init__(limit)
        self.limit = limit

    def __str__(self) -> str:
        return _("A message takes at most %(limit)s files.") % {"limit": self.limit}


class SignedOut(ServiceError):
    code = "signed_out"
    status = 401
    words = gettext_lazy("You are signed out.")


class SiteCloses(ServiceError):
    code = "site_closes"
    status = 503
    words = gettext_lazy("The site is being restarted. Your message is kept here: send it again in a moment.")


class NoConversation(ServiceError):
    code = "not_found"
    status = 404
    words = gettext_lazy("This conversation is no longer there.")


class AnswerInProgress(ServiceError):
    code = "answer_in_progress"
    status = 409
    words = gettext_lazy("An answer is still being written. Wait for it, or stop it first.")


class NotPossible(ServiceError):
    code = "not_possible"
    status = 409
    words = gettext_lazy("That cannot be done with this message.")


class EndpointRefused(ServiceError):
    code = "endpoint_refused"
    status = 422
