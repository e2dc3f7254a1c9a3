"""The pages, as they are first painted."""

import re

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from conversations.endpoints.demo.scenarios import SCENARIOS
from conversations.models import Completion, Conversation, Generation, Message
from tests.factories import make_conversation, make_endpoint, make_exchange, make_long_conversation

pytestmark = pytest.mark.django_db(transaction=True)
HTMX = {"HX-Request": "true"}


async def test_the_front_page_says_plainly_that_only_the_demo_answers(signed_in):
    _, client = await signed_in()
    page = (await client.get("/")).content.decode()
    assert "built-in demo" in page
    assert 'action="/"' in page


async def test_what_is_suggested_means_the_same_to_the_demo_in_every_language(signed_in):
    _, client = await signed_in()
    understood = []
    for language in ("en", "zh-hans"):
        page = (await client.get("/", headers={"Accept-Language": language})).content.decode()
        suggestions = re.findall(r"data-suggestion>([^<]+)<", page)
        found = [[kind for kind in SCENARIOS if kind.pattern.search(said)] for said in suggestions]
        understood.append([kinds[0].example for kinds in found])
    assert understood[0] == understood[1] == ["tour", "think", "code", "help"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("/models/tiny/tiny-q4.gguf", "tiny-q4"),
        ("C:\\models\\tiny.gguf", "tiny"),
        ("tiny.gguf", "tiny"),
        ("vendor/model:free", "vendor/model:free"),
        ("/", "/"),
    ],
)
async def test_a_model_that_is_a_file_is_called_by_the_name_of_the_file(signed_in, name, shown):
    alice, client = await signed_in()
    endpoint = await sync_to_async(make_endpoint)("http://127.0.0.1:9/v1", listed_at=timezone.now())
    await endpoint.models.acreate(name=name)
    conversation = await sync_to_async(make_conversation)(alice, endpoint=endpoint, model=name)
    assert f'value="{shown}"' in (await client.get(f"/c/{conversation.pk}/")).text
    assert f'value="{shown}"' in (await client.get("/")).text
    listed = (await client.get("/models/")).text
    assert f'data-key="test-server::{name}" data-label="{shown}"' in listed


async def test_a_first_message_makes_a_conversation_and_goes_there(signed_in):
    _, client = await signed_in()
    answer = await client.post("/", {"text": "What is the time?"})
    conversation = await Conversation.objects.aget()
    assert (answer.status_code, answer.url) == (302, f"/c/{conversation.pk}/")
    assert conversation.title == "What is the time?"


async def test_with_htmx_the_new_conversation_takes_the_place_of_the_empty_one(signed_in):
    _, client = await signed_in()
    answer = await client.post("/", {"text": "Hello"}, headers=HTMX)
    conversation = await Conversation.objects.aget()
    page = answer.content.decode()
    assert answer["HX-Push-Url"] == f"/c/{conversation.pk}/"
    assert "<html" not in page
    assert "Hello" in page
    assert 'data-status="streaming"' in page


async def test_an_empty_message_makes_no_conversation(signed_in):
    _, client = await signed_in()
    answer = await client.post("/", {"text": " "}, headers=HTMX)
    assert (answer.status_code, "Write something" in answer.content.decode()) == (422, True)
    assert not await Conversation.objects.aexists()


async def test_sending_is_answered_at_once_and_stored(signed_in, made):
    alice, client = await signed_in()
    conversation = await made(make_conversation, alice)
    answer = await client.post(f"/c/{conversation.pk}/messages/", {"text": "Hello"}, headers=HTMX)
    assert answer.status_code == 204
    assert await Message.objects.filter(conversation=conversation).acount() == 2


async def test_a_second_message_meanwhile_is_refused_in_words(signed_in, made, replay_server):
    from tests.factories import make_endpoint

    alice, client = await signed_in()
    endpoint = await made(make_endpoint, f"{replay_server}/v1")
    conversation = await made(make_conversation, alice, endpoint=endpoint, model="001;loop=2000;delay=5")
    url = f"/c/{conversation.pk}/messages/"
    await client.post(url, {"text": "One"}, headers=HTMX)
    answer = await client.post(url, {"text": "Two"}, headers=HTMX)
    assert (answer.status_code, "still being written" in answer.content.decode()) == (409, True)
    assert (await client.post(f"/c/{conversation.pk}/stop/", headers=HTMX)).status_code == 204


async def test_a_script_that_is_signed_out_is_told_so(process, transactional_db, async_client):
    assert (await async_client.post("/", {"text": "Hello"}, headers=HTMX)).status_code == 401


async def test_a_page_opens_at_its_latest_message_and_leads_to_the_older_ones(signed_in, made):
    alice, client = await signed_in()
    conversation = await made(make_long_conversation, alice, 65)
    page = (await client.get(f"/c/{conversation.pk}/")).content.decode()
    assert "Message 64" in page
    assert "Message 44<" not in page
    seen, url = page.count("data-message-id="), older(page)
    while url:
        page = (await client.get(url, headers=HTMX)).content.decode()
        seen, url = seen + page.count("data-message-id="), older(page)
    assert seen == 65


def older(page):
    import html
    import re

    found = re.search(r'hx-get="([^"]*before=[^"]*)"', page)
    return html.unescape(found.group(1)) if found else ""


async def test_without_javascript_the_older_messages_are_a_page_of_their_own(signed_in, made):
    alice, client = await signed_in()
    conversation = await made(make_long_conversation, alice, 45)
    page = (await client.get(f"/c/{conversation.pk}/")).content.decode()
    page = (await client.get(older(page), follow=True)).content.decode()
    assert "<html" in page
    assert "Message 24" in page
    assert "Message 44" not in page


async def test_the_transcript_fetched_again_says_which_revision_it_is(signed_in, made):
    alice, client = await signed_in()
    conversation = await made(make_conversation, alice, revision=7)
    page = (await client.get(f"/c/{conversation.pk}/messages/", headers=HTMX)).content.decode()
    assert 'data-rev="7"' in page


@pytest.mark.parametrize("path", ["/", "/c/{}/"])
async def test_queries_do_not_grow_with_messages_or_conversations(path, signed_in, made):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    alice, _ = await signed_in()
    counts = []
    for messages in (4, 60):
        conversation = await made(make_long_conversation, alice, messages)
        for _ in range(messages // 4):
            await made(make_conversation, alice)
        counts.append(
            await made(count_queries, alice, path.format(conversation.pk), connection, CaptureQueriesContext)
        )
    assert counts[0] >= counts[1] - 1


def count_queries(user, path, connection, capture):
    from django.test import RequestFactory

    from conversations.views import pages

    request = RequestFactory().get(path)
    request.user, request.htmx = user, False
    with capture(connection) as captured:
        if path == "/":
            pages._new_page(request)
        else:
            pages._open(request, path.split("/")[2], "here")
    return len(captured)


async def test_the_details_of_an_answer_are_what_is_known(signed_in, made):
    alice, client = await signed_in()
    conversation = await made(make_conversation, alice)
    answer = await made(make_exchange, conversation)
    page = (await client.get(f"/c/{conversation.pk}/messages/{answer.pk}/details/")).content.decode()
    assert "Written" in page
    assert "Tokens" not in page


async def test_copying_gives_the_markdown_as_it_was_written(signed_in, made):
    alice, client = await signed_in()
    conversation = await made(make_conversation, alice)
    answer = await made(make_exchange, conversation, answered="*a* <b>")
    copied = await client.get(f"/c/{conversation.pk}/messages/{answer.pk}/text/")
    assert copied.content.decode() == "*a* <b>"
    assert copied["Content-Type"].startswith("text/plain")


async def test_versions_are_counted_and_lead_to_one_another(signed_in, made):
    from tests.factories import make_answer

    alice, client = await signed_in()
    conversation = await made(make_conversation, alice)
    first = await made(make_exchange, conversation)
    second = await made(make_answer, conversation, first.parent, "Another")
    page = (await client.get(f"/c/{conversation.pk}/")).content.decode()
    assert "2/2" in page
    assert (
        await client.post(f"/c/{conversation.pk}/messages/{first.pk}/select/", headers=HTMX)
    ).status_code == 204
    page = (await client.get(f"/c/{conversation.pk}/")).content.decode()
    assert "1/2" in page
    assert str(second.pk) in page


async def test_what_a_user_typed_is_never_markup(signed_in, made):
    alice, client = await signed_in()
    conversation = await made(make_conversation, alice, title="<script>alert(1)</script>")
    await made(make_exchange, conversation, said="<img src=x onerror=alert(1)>")
    page = (await client.get(f"/c/{conversation.pk}/")).content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page


@pytest.mark.parametrize(
    ("status", "title"), [(401, "did not accept the API key"), (403, "does not allow this")]
)
async def test_a_key_that_is_wrong_is_told_from_one_that_may_not(signed_in, status, title):
    alice, client = await signed_in()
    conversation = await sync_to_async(make_conversation)(alice)
    answer = await sync_to_async(make_exchange)(conversation)
    generation = await Generation.objects.acreate(
        conversation=conversation, answers_id=answer.parent_id, status="failed"
    )
    answer.completion = await Completion.objects.acreate(
        generation=generation, model="m", error_kind="auth", error_status=status, error_message="No."
    )
    answer.status = "failed"
    await answer.asave()
    assert title in (await client.get(f"/c/{conversation.pk}/")).text
