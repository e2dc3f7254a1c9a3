"""Django's own middleware, run on the event loop.

Under ASGI a classic middleware costs two thread hops a request, although these only look at headers and set
some. What may reach the database or parse a body still goes to a thread.
"""

from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.common import CommonMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.locale import LocaleMiddleware
from django.middleware.security import SecurityMiddleware
from django.utils.deprecation import MiddlewareMixin
from whitenoise.middleware import WhiteNoiseMiddleware

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class OnLoop(MiddlewareMixin):
    """Runs process_request and process_response without leaving the loop."""

    get_response: Any

    async def __acall__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.process_request(request) if hasattr(self, "process_request") else None
        if response is None:
            response = await self.get_response(request)
        if hasattr(self, "process_response"):
            response = self.process_response(request, response)
        return response


class Security(OnLoop, SecurityMiddleware):
    pass


class Locale(OnLoop, LocaleMiddleware):
    pass


class Common(OnLoop, CommonMiddleware):
    pass


class Authentication(OnLoop, AuthenticationMiddleware):
    pass


class Messages(OnLoop, MessageMiddleware):
    """Needs a MESSAGE_STORAGE that lives in a cookie."""


class FrameOptions(OnLoop, XFrameOptionsMiddleware):
    pass


class ContentSecurityPolicy(OnLoop, CSPMiddleware):
    """Sends one policy, built once, unless a view has asked for its own."""

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        self.policy = build_policy()

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if hasattr(request, "_csp_nonce") or any(name.startswith("_csp") for name in vars(response)):
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, self.policy)
        return response


class Session(SessionMiddleware):
    """Saves a changed session from a thread; an unchanged one needs no database."""

    get_response: Any

    async def __acall__(self, request: HttpRequest) -> HttpResponseBase:
        self.process_request(request)
        response = await self.get_response(request)
        if request.session.modified:
            return await sync_to_async(self.process_response)(request, response)
        return self.process_response(request, response)


class Csrf(OnLoop, CsrfViewMiddleware):
    """Looks for the token of an unsafe request, which may be in a large form, from a thread."""

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        if self.async_mode:
            self.process_view = self._process_view_on_loop  # type: ignore[method-assign,assignment]

    async def _process_view_on_loop(
        self, request: HttpRequest, callback: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        check = super().process_view
        if request.method in SAFE_METHODS or getattr(callback, "csrf_exempt", False):
            return check(request, callback, args, kwargs)
        return await sync_to_async(check)(request, callback, args, kwargs)


class StaticFiles(WhiteNoiseMiddleware):
    """Serves collected files: small and in the page cache, they are read here, cheaper than a thread hop."""

    async_capable = True

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        self.async_mode = iscoroutinefunction(get_response)
        if self.async_mode:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        return self.__acall__(request) if self.async_mode else super().__call__(request)

    async def __acall__(self, request: HttpRequest) -> HttpResponseBase:
        find = self.find_file if self.autorefresh else self.files.get
        static_file = find(request.path_info)
        if static_file is None:
            return await self.get_response(request)
        streamed = self.serve(static_file, request)
        response = HttpResponse(b"".join(streamed), status=streamed.status_code)
        streamed.close()
        response.headers = streamed.headers
        return response
