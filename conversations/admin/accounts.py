"""Accounts: Django's own administration of users, which also removes one with all that it has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_protect

from conversations.models import Conversation
from conversations.services.accounts import delete_account

admin.site.unregister(User)


@admin.register(User)
class AccountAdmin(UserAdmin):
    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody removes the account that they are signed in with."""
        return obj != request.user and super().has_delete_permission(request, obj)

    def get_deleted_objects(
        self, objs: Sequence[User] | QuerySet[User], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """The accounts and the number of their conversations: a list of every message would help nobody."""
        accounts = list(objs)
        names: list[Any] = []
        for account in accounts:
            count = Conversation.objects.filter(owner=account).count()
            told = ngettext("%(count)d conversation", "%(count)d conversations", count) % {"count": count}
            names += [str(account), [told]]
        counted = {
            str(User._meta.verbose_name_plural): len(accounts),
            str(Conversation._meta.verbose_name_plural): Conversation.objects.filter(
                owner__in=accounts
            ).count(),
        }
        forbidden = {_("your own account")} if request.user in accounts else set()
        return names, counted, forbidden, []

    @method_decorator(csrf_protect)
    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Without the one transaction that Django puts around it: on SQLite nobody could write for so long."""
        return self._delete_view(request, object_id, extra_context)  # type: ignore[attr-defined]

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        delete_account(obj)

    def delete_queryset(self, request: HttpRequest, queryset: Iterable[User]) -> None:
        for account in list(queryset):
            delete_account(account)
