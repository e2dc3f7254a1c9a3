"""Parameters that an endpoint refuses by name are left out or renamed once, and the client remembers."""

from typing import Any

import pytest
from aiohttp import web

from conversations.protocol import EndpointError
from tests.endpoints.wire import DONE, event, message, read_items


def refusing(*names: str, text: str = "Unsupported parameter: '{name}' is not supported with this model."):
    """A handler that answers 400 to these parameters; and the bodies that it got."""
    sent: list[dict[str, Any]] = []

    async def handler(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        sent.append(body)
        for name in names:
            if name in body:
                error = {"message": text.format(name=name), "type": "invalid_request_error", "param": name}
                return web.json_response({"error": error}, status=400)
        return web.Response(body=event("ok", "stop") + DONE)

    return handler, sent


async def test_stream_options_are_left_out_once_refused(serve, make_client):
    handler, sent = refusing("stream_options")
    client = make_client(await serve(handler))
    await read_items(client, message())
    await read_items(client, message())
    assert ["stream_options" in body for body in sent] == [True, False, False]


async def test_refusal_in_the_words_of_fastapi(serve, make_client):
    sent = []

    async def handler(request: web.Request) -> web.StreamResponse:
        sent.append(await request.json())
        if "stream_options" not in sent[-1]:
            return web.Response(body=event("ok", "stop") + DONE)
        detail = [
            {
                "type": "extra_forbidden",
                "loc": ["body", "stream_options"],
                "msg": "Extra inputs are not permitted",
            }
        ]
        return web.json_response({"detail": detail}, status=422)

    await read_items(make_client(await serve(handler)), message())
    assert len(sent) == 2


async def test_what_a_person_asked_for_is_not_left_out(serve, make_client):
    handler, sent = refusing("stream_options")
    with pytest.raises(EndpointError, match="stream_options"):
        await read_items(make_client(await serve(handler)), message(stream_options={"include_usage": True}))
    assert len(sent) == 1


@pytest.mark.parametrize(
    ("given", "taken"), [("max_tokens", "max_completion_tokens"), ("max_completion_tokens", "max_tokens")]
)
async def test_token_limit_gets_its_other_name(serve, make_client, given, taken):
    handler, sent = refusing(given)
    client = make_client(await serve(handler))
    await read_items(client, message(**{given: 9}))
    await read_items(client, message(**{given: 8}))
    assert [(body.get(given), body.get(taken)) for body in sent] == [(9, None), (None, 9), (None, 8)]


async def test_token_limit_refused_by_both_names_is_not_tried_for_ever(serve, make_client):
    handler, sent = refusing("max_tokens", "max_completion_tokens")
    with pytest.raises(EndpointError):
        await read_items(make_client(await serve(handler)), message(max_tokens=9))
    assert len(sent) == 2


async def test_token_limit_that_is_only_too_high_keeps_its_name(serve, make_client):
    handler, sent = refusing("max_tokens", text="{name} is too large: 999999. This model takes at most 4096.")
    with pytest.raises(EndpointError, match="too large"):
        await read_items(make_client(await serve(handler)), message(max_tokens=999_999))
    assert len(sent) == 1


async def test_configured_name_of_the_token_limit(serve, make_client):
    handler, sent = refusing()
    client = make_client(await serve(handler), token_limit="max_completion_tokens")
    await read_items(client, message(max_tokens=5))
    assert (sent[0].get("max_tokens"), sent[0]["max_completion_tokens"]) == (None, 5)


async def test_both_refusals_in_one_request(serve, make_client):
    handler, sent = refusing("stream_options", "max_tokens")
    await read_items(make_client(await serve(handler)), message(max_tokens=3))
    assert len(sent) == 3
    assert sent[-1]["max_completion_tokens"] == 3


@pytest.mark.parametrize(
    ("extra", "more", "expected"),
    [
        ({"max_tokens": 1}, {"max_completion_tokens": 5}, {"max_completion_tokens": 5}),
        ({"max_completion_tokens": 1}, {"max_tokens": 5}, {"max_tokens": 5}),
        ({"max_tokens": 1, "max_completion_tokens": 5}, {}, {"max_completion_tokens": 5}),
        ({}, {"max_tokens": 1, "max_completion_tokens": 5}, {"max_completion_tokens": 5}),
        ({"max_completion_tokens": None}, {"max_tokens": 5}, {"max_tokens": 5}),
        ({}, {"max_tokens": 5, "max_completion_tokens": None}, {"max_tokens": 5}),
    ],
)
@pytest.mark.parametrize("name", ["", "max_tokens"])
async def test_only_one_token_limit_is_sent_and_the_request_s_own_wins(
    serve, make_client, extra, more, expected, name
):
    handler, sent = refusing()
    client = make_client(await serve(handler), extra_body=extra, token_limit=name)
    await read_items(client, message(**more))
    limits = {
        member: sent[0][member] for member in ("max_tokens", "max_completion_tokens") if member in sent[0]
    }
    assert limits == ({name: 5} if name else expected)


@pytest.mark.parametrize(
    "text",
    [
        "{name}: 999999 is not supported, the maximum is 4096.",
        "Unsupported value: '{name}' must be at most 4096.",
        "A value of 999999 is not allowed for {name}.",
        "{name} is not permitted to exceed 4096.",
        "{name} should be <= 4096, unexpected 999999",
    ],
)
async def test_token_limit_whose_value_is_refused_keeps_its_name(serve, make_client, text):
    handler, sent = refusing("max_tokens", text=text)
    with pytest.raises(EndpointError):
        await read_items(make_client(await serve(handler)), message(max_tokens=999_999))
    assert len(sent) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Unsupported parameter: '{name}' is not supported with this model. Use 'max_completion_tokens' instead.",
        "Unrecognized request argument supplied: {name}",
        "Unknown parameter: '{name}'.",
        "property '{name}' is unsupported",
    ],
)
async def test_token_limit_whose_name_is_refused_gets_the_other(serve, make_client, text):
    handler, sent = refusing("max_tokens", text=text)
    await read_items(make_client(await serve(handler)), message(max_tokens=9))
    assert sent[-1]["max_completion_tokens"] == 9
