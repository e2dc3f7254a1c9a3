"""The sidebar: somebody's conversations, newest first, in groups by date, page by page."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import groupby
from uuid import UUID

import msgspec
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from conversations.models import Conversation, Generation

PAGE_SIZE = 40


class SidebarItem(msgspec.Struct, frozen=True):
    id: UUID
    title: str
    url: str
    pinned: bool
    is_streaming: bool
    is_current: bool = False


class SidebarGroup(msgspec.Struct, frozen=True):
    """`id` names the element of a group that new rows are put into; empty for the others."""

    label: str
    conversations: list[SidebarItem]
    id: str = ""


class SidebarPage(msgspec.Struct, frozen=True):
    groups: list[SidebarGroup]
    next_url: str


def sidebar_page(user_id: int, *, current: UUID | None = None, after: str = "") -> SidebarPage:
    """One page of the sidebar of `user_id`, after the place that a previous page's next_url names."""
    place = _read_place(after)
    listed = Conversation.objects.filter(owner_id=user_id).listed().latest_first()
    pinned = [] if place else list(listed.filter(pinned=True))
    rest = list(_after(listed.filter(pinned=False), place)[: PAGE_SIZE + 1])
    shown = rest[:PAGE_SIZE]
    streaming = set(
        Generation.objects.running()
        .filter(conversation__in=[row.pk for row in [*pinned, *shown]])
        .values_list("conversation_id", flat=True)
    )

    def items(rows: Iterable[Conversation]) -> list[SidebarItem]:
        return [
            sidebar_item(row, is_streaming=row.pk in streaming, is_current=row.pk == current) for row in rows
        ]

    today = timezone.localdate()
    groups = [
        SidebarGroup(label=label, conversations=items(rows))
        for label, rows in groupby(shown, key=lambda row: group_label(row.active_at, today))
        if label != _("Today")
    ]
    if place is None:
        new = [row for row in shown if group_label(row.active_at, today) == _("Today")]
        groups.insert(0, SidebarGroup(label=_("Today"), conversations=items(new), id="sidebar-today"))
        groups.insert(0, SidebarGroup(label=_("Pinned"), conversations=items(pinned), id="sidebar-pinned"))
    more = len(rest) > PAGE_SIZE
    next_url = f"{reverse('sidebar')}?after={_write_place(shown[-1])}" if more else ""
    return SidebarPage(groups=groups, next_url=next_url)


def sidebar_item(conversation: Conversation, *, is_streaming: bool, is_current: bool = False) -> SidebarItem:
    return SidebarItem(
        id=conversation.pk,
        title=conversation.title,
        url=conversation.get_absolute_url(),
        pinned=conversation.pinned,
        is_streaming=is_streaming,
        is_current=is_current,
    )


def group_label(moment: datetime, today: date) -> str:
    """The heading under which a conversation last active at `moment` stands."""
    day = timezone.localtime(moment).date()
    if day >= today:
        return _("Today")
    if day == today - timedelta(days=1):
        return _("Yesterday")
    if day > today - timedelta(days=7):
        return _("Previous 7 days")
    if day > today - timedelta(days=30):
        return _("Previous 30 days")
    if day.year == today.year:
        return date_format(day, pgettext("format of a month of this year", "F"))
    return date_format(day, "YEAR_MONTH_FORMAT")


def _after(rows, place):  # type: ignore[no-untyped-def]
    if place is None:
        return rows
    moment, pk = place
    return rows.filter(Q(active_at__lt=moment) | Q(active_at=moment, pk__lt=pk))


def _write_place(conversation: Conversation) -> str:
    place = f"{conversation.active_at.isoformat()} {conversation.pk}"
    return urlsafe_b64encode(place.encode()).decode().rstrip("=")


def _read_place(text: str) -> tuple[datetime, UUID] | None:
    """The place that `text` names; None for none, and for one that nobody here wrote."""
    try:
        moment, pk = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().split(" ")
        return datetime.fromisoformat(moment), UUID(pk)
    except ValueError:
        return None
