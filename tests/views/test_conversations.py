"""The sidebar and what is done from it."""

import asyncio
from datetime import timedelta

import pytest
from django.utils import timezone

from conversations.models import Conversation, Generation
from conversations.sidebar import PAGE_SIZE, group_label, sidebar_page
from tests.factories import make_conversation, make_endpoint

HTMX = {"HX-Request": "true"}


@pytest.mark.django_db
def test_groups_go_from_pinned_over_today_back_in_time(alice):
    now = timezone.now()
    for title, days in [("now", 0), ("yesterday", 1), ("week", 5), ("month", 20), ("long ago", 400)]:
        make_conversation(alice, title=title, active_at=now - timedelta(days=days))
    make_conversation(alice, title="pinned", pinned=True, active_at=now - timedelta(days=90))
    make_conversation(alice, title="archived", archived=True)
    page = sidebar_page(alice.pk)
    listed = [(group.label, [row.title for row in group.conversations]) for group in page.groups]
    assert listed[:5] == [
        ("Pinned", ["pinned"]),
        ("Today", ["now"]),
        ("Yesterday", ["yesterday"]),
        ("Previous 7 days", ["week"]),
        ("Previous 30 days", ["month"]),
    ]
    assert listed[5][1] == ["long ago"]


def test_a_month_of_another_year_has_its_year():
    today = timezone.localdate().replace(month=6, day=15)
    moment = timezone.now().replace(year=today.year - 1, month=3, day=1)
    assert group_label(moment, today) == f"March {today.year - 1}"


@pytest.mark.django_db
def test_every_conversation_is_listed_once_page_by_page(alice):
    same = timezone.now() - timedelta(days=3)
    made = {make_conversation(alice, active_at=same).pk for _ in range(PAGE_SIZE * 2 + 5)}
    seen, after = [], ""
    while True:
        page = sidebar_page(alice.pk, after=after)
        seen += [row.id for group in page.groups for row in group.conversations]
        if not page.next_url:
            break
        after = page.next_url.split("after=")[1]
    assert (len(seen), set(seen)) == (len(made), made)


@pytest.mark.django_db
@pytest.mark.parametrize("after", ["x", "%%%", "AAAA", "bm9uc2Vuc2U"])
def test_a_place_that_nobody_wrote_is_the_beginning(alice_client, alice, after):
    make_conversation(alice, title="Still listed")
    assert "Still listed" in alice_client.get("/conversations/", {"after": after}).content.decode()


@pytest.mark.django_db(transaction=True)
async def test_the_row_menu_does_what_it_says(signed_in, made):
    alice, client = await signed_in()
    conversation = await made(make_conversation, alice)
    url = conversation.get_absolute_url()

    async def do(what, **data):
        assert (await client.post(f"{url}{what}/", data, headers=HTMX)).status_code == 204
        return await Conversation.objects.aget(pk=conversation.pk)

    assert (await do("rename", title="Better")).title == "Better"
    assert (await do("pin")).pinned
    assert not (await do("pin")).pinned
    assert (await do("archive")).archived
    assert "Better" in (await client.get("/archived/")).content.decode()
    assert not (await do("restore")).archived
    assert (await do("delete")).deleted_at
    assert (await client.get("/conversations/")).content.decode().count("Better") == 0
    assert (await do("restore")).deleted_at is None


@pytest.mark.django_db(transaction=True)
async def test_without_javascript_an_action_leads_back_to_a_page(signed_in, made):
    alice, client = await signed_in()
    url = (await made(make_conversation, alice)).get_absolute_url()
    assert (await client.post(f"{url}pin/")).url == url
    assert (await client.post(f"{url}delete/")).url == "/"


@pytest.mark.django_db(transaction=True)
async def test_deleting_a_conversation_ends_the_answer_in_it(signed_in, made, replay_server):
    alice, client = await signed_in()
    endpoint = await made(make_endpoint, f"{replay_server}/v1")
    conversation = await made(make_conversation, alice, endpoint=endpoint, model="001;loop=4000;delay=5")
    url = conversation.get_absolute_url()
    await client.post(f"{url}messages/", {"text": "Hello"}, headers=HTMX)
    await client.post(f"{url}delete/", headers=HTMX)
    async with asyncio.timeout(20):
        while await Generation.objects.running().aexists():
            await asyncio.sleep(0.02)


@pytest.mark.django_db
def test_the_settings_page_opens(alice_client):
    assert alice_client.get("/settings/").status_code == 200
