"""The panel of parameters, presets and what new conversations begin with, as pages ask for them."""

import re

import pytest

from conversations.models import Conversation, Preset, RequestDefaults, RequestSettings
from conversations.services.request_settings import begin_with, save_preset
from tests.factories import make_conversation, make_endpoint

pytestmark = pytest.mark.django_db(transaction=True)
HTMX = {"HX-Request": "true"}
COOL = {"p-temperature": "0.2", "p-system_prompt": "Be brief.", "p-extra": ""}
COOL_SETTINGS = RequestSettings(system_prompt="Be brief.", parameters={"temperature": 0.2})
HOT_SETTINGS = RequestSettings(system_prompt="Sing.", parameters={"temperature": 1.9})


async def newest():
    return await Conversation.objects.alatest("created_at")


async def test_parameters_of_a_conversation_are_kept_when_all_are_good(signed_in, made):
    alice, client = await signed_in()
    conversation = await made(make_conversation, alice)
    url = f"/c/{conversation.pk}/parameters/"
    answer = await client.post(url, COOL, headers=HTMX)
    assert "Kept" in answer.text
    await conversation.arefresh_from_db()
    assert conversation.request_settings == COOL_SETTINGS
    answer = await client.post(url, COOL | {"p-temperature": "7"}, headers=HTMX)
    assert "Not kept" in answer.text
    assert "less than or equal to 2" in answer.text
    await conversation.arefresh_from_db()
    assert conversation.request_settings == COOL_SETTINGS
    assert 'value="0.2"' in (await client.get(url, headers=HTMX)).text


async def test_a_page_without_a_script_keeps_them_and_goes_back(signed_in, made):
    alice, client = await signed_in()
    conversation = await made(make_conversation, alice)
    url = f"/c/{conversation.pk}/parameters/"
    assert "<html" in (await client.get(url)).text
    assert "less than or equal to 2" in (await client.post(url, {"p-temperature": "7"})).text
    answer = await client.post(url, COOL)
    assert (answer.status_code, answer.url) == (302, f"/c/{conversation.pk}/")
    await conversation.arefresh_from_db()
    assert conversation.request_settings == COOL_SETTINGS


async def test_a_first_message_takes_the_panel_with_it(signed_in):
    _, client = await signed_in()
    await client.post("/", {"text": "Hello", **COOL})
    assert (await newest()).request_settings == COOL_SETTINGS


async def test_a_first_message_with_bad_parameters_is_refused_and_says_which(signed_in):
    _, client = await signed_in()
    answer = await client.post("/", {"text": "Hello", **COOL, "p-top_p": "2"}, headers=HTMX)
    assert answer.status_code == 422
    assert "Nucleus" in answer.text
    assert not await Conversation.objects.aexists()


async def test_new_conversations_begin_with_what_was_set_for_all_and_for_the_model(signed_in):
    _, client = await signed_in()
    await client.get("/")
    await client.post("/parameters/defaults/", COOL | {"for": "all", "model": "demo::demo"}, headers=HTMX)
    of_demo = {"p-temperature": "1.5", "p-seed": "7", "for": "model", "model": "demo::demo"}
    await client.post("/parameters/defaults/", of_demo, headers=HTMX)
    await client.post("/", {"text": "Hello", "model": "demo::demo"})
    assert (await newest()).request_settings == RequestSettings(
        system_prompt="Be brief.", parameters={"temperature": 1.5, "seed": 7}
    )
    assert 'value="1.5"' in (await client.get("/parameters/?model=demo::demo", headers=HTMX)).text
    await client.post("/", {"text": "Hello", "model": "demo::other"})
    assert (await newest()).request_settings == COOL_SETTINGS
    assert "demo::demo" in (await client.get("/settings/")).text
    await client.post("/parameters/defaults/forget/", {"model": "demo::demo"})
    await client.post("/parameters/defaults/forget/", {"model": ""})
    assert not await RequestDefaults.objects.aexists()
    await client.post("/", {"text": "Hello", "model": "demo::demo"})
    assert (await newest()).request_settings == RequestSettings()


async def test_a_panel_that_was_emptied_begins_with_nothing(signed_in, made):
    alice, client = await signed_in()
    await made(begin_with, alice, COOL_SETTINGS)
    await client.post("/", {"text": "Hello", "p-extra": "", "p-system_prompt": ""})
    assert (await newest()).request_settings == RequestSettings()


async def test_a_preset_is_kept_under_its_name_and_replaced(signed_in):
    alice, client = await signed_in()
    await client.get("/")
    answer = await client.post("/presets/", COOL | {"name": " Short  one "}, headers=HTMX)
    assert "Kept as “Short one”" in answer.text
    again = {"p-temperature": "1.9", "p-system_prompt": "Sing.", "name": "Short one", "shared": "on"}
    await client.post("/presets/", again | {"with_model": "on", "model": "demo::demo"}, headers=HTMX)
    preset = await Preset.objects.aget()
    assert (preset.owner_id, preset.name, preset.shared, preset.model_key) == (
        alice.pk,
        "Short one",
        True,
        "demo::demo",
    )
    assert preset.request_settings == HOT_SETTINGS
    assert (await client.post("/presets/", COOL | {"name": " "}, headers=HTMX)).status_code == 422
    assert "Not kept" in (await client.post("/presets/", {"p-n": "0", "name": "x"}, headers=HTMX)).text
    assert await Preset.objects.acount() == 1


async def test_a_preset_takes_the_place_of_what_was_set(signed_in, made):
    alice, client = await signed_in()
    conversation = await made(make_conversation, alice, parameters={"seed": 5})
    preset = await made(save_preset, alice, "Hot", HOT_SETTINGS)
    url = f"/c/{conversation.pk}/parameters/preset/"
    assert 'value="1.9"' in (await client.post(url, {"preset": preset.pk}, headers=HTMX)).text
    await conversation.arefresh_from_db()
    assert conversation.request_settings == HOT_SETTINGS
    for nonsense in ("", "x", "9" * 30, preset.pk + 1):
        assert (await client.post(url, {"preset": nonsense}, headers=HTMX)).status_code == 404


async def test_an_address_opens_a_conversation_that_is_ready(signed_in, made):
    alice, client = await signed_in()
    preset = await made(save_preset, alice, "Hot", HOT_SETTINGS, model_key="demo::other")
    page = (await client.get(f"/?preset={preset.pk}&q=What%20%3Cnow%3E")).text
    assert "What &lt;now&gt;</textarea>" in page
    assert f'name="preset" value="{preset.pk}"' in page
    assert 'name="model" value="demo::other"' in page
    assert (
        'name="model" value="demo::demo"' in (await client.get(f"/?preset={preset.pk}&model=demo::demo")).text
    )
    await client.post("/", {"text": "Hello", "preset": preset.pk})
    assert (await newest()).request_settings == HOT_SETTINGS
    assert (await client.get("/?preset=x")).status_code == 404


async def test_others_use_a_preset_that_is_shared_and_never_change_it(signed_in, made):
    alice, alices = await signed_in("alice")
    _, bobs = await signed_in("bob")
    preset = await made(save_preset, alice, "Hot", HOT_SETTINGS)
    assert (await bobs.get(f"/?preset={preset.pk}")).status_code == 404
    assert "Hot" not in (await bobs.get("/parameters/", headers=HTMX)).text
    refused = await bobs.post("/", {"text": "Hello", "preset": preset.pk})
    assert (refused.status_code, "not there any more" in refused.text) == (422, True)
    assert not await Conversation.objects.aexists()
    await alices.post(f"/presets/{preset.pk}/share/")
    assert "Hot · alice" in (await bobs.get("/parameters/", headers=HTMX)).text
    await bobs.post("/", {"text": "Hello", "preset": preset.pk})
    assert (await newest()).request_settings == HOT_SETTINGS
    assert (await bobs.post(f"/presets/{preset.pk}/share/")).status_code == 404
    assert (await bobs.post(f"/presets/{preset.pk}/delete/")).status_code == 404
    await alices.post(f"/presets/{preset.pk}/delete/")
    assert not await Preset.objects.aexists()
    assert (await newest()).request_settings == HOT_SETTINGS


async def test_a_schema_to_begin_with_fills_in_both_controls(signed_in):
    _, client = await signed_in()
    shaped = (await client.get("/parameters/schema/?template=list&new", headers=HTMX)).text
    assert '<option value="json_schema" selected>' in shaped
    assert "additionalProperties" in shaped
    assert 'form="composer-form"' in shaped
    assert (await client.get("/parameters/schema/?template=none", headers=HTMX)).status_code == 404


@pytest.mark.parametrize("path", ["parameters/", "parameters/defaults/", "presets/", "presets/1/delete/"])
async def test_strangers_are_sent_to_sign_in(path, process, async_client):
    answer = await async_client.post(f"/{path}", COOL)
    assert (answer.status_code, answer.url) == (302, f"/accounts/login/?next=/{path}")


async def test_what_a_model_could_not_do_is_marked_and_can_be_sent_all_the_same(signed_in, made):
    alice, client = await signed_in()
    endpoint = await made(make_endpoint, "http://127.0.0.1:9/v1")
    profile = {
        "n": {"state": "no", "detail": "n must be 1"},
        "logprobs": {"state": "unclear", "detail": ""},
        "max_tokens": {"state": "no", "detail": "takes max_completion_tokens"},
        "max_completion_tokens": {"state": "yes", "detail": ""},
    }
    await endpoint.models.acreate(name="m", profile=profile)
    conversation = await made(make_conversation, alice, endpoint=endpoint, model="m")
    url = f"/c/{conversation.pk}/parameters/"
    for path in (url, "/parameters/?model=test-server::m"):
        page = (await client.get(path, headers=HTMX)).text
        marked = re.findall(r'control--beyond">\s*<label for="p-(\w+)"', page)
        assert marked == ["n"]
    assert "Kept" in (await client.post(url, {"p-n": "2"}, headers=HTMX)).text
    other = await made(make_conversation, alice, endpoint=endpoint, model="other")
    assert "control--beyond" not in (await client.get(f"/c/{other.pk}/parameters/", headers=HTMX)).text


async def test_two_panels_of_one_conversation_do_not_overwrite_one_another(signed_in, made):
    alice, client = await signed_in()
    conversation = await made(make_conversation, alice)
    url = f"/c/{conversation.pk}/parameters/"
    shown = re.compile(r'name="shown" value="(\w+)"')
    (before,) = shown.findall((await client.get(url, headers=HTMX)).text)
    kept = (await client.post(url, COOL | {"shown": before}, headers=HTMX)).text
    assert (
        "changed elsewhere" in (await client.post(url, {"p-seed": "1", "shown": before}, headers=HTMX)).text
    )
    await conversation.arefresh_from_db()
    assert conversation.request_settings == COOL_SETTINGS
    (after,) = shown.findall(kept)
    assert "Kept" in (await client.post(url, COOL | {"p-seed": "1", "shown": after}, headers=HTMX)).text


async def test_without_a_script_an_error_in_a_folded_group_is_in_sight(signed_in, made):
    alice, client = await signed_in()
    conversation = await made(make_conversation, alice)
    answer = await client.post(f"/c/{conversation.pk}/parameters/", {"p-top_p": "7"})
    assert answer.status_code == 422
    assert "Not kept" in answer.text
    assert re.search(r'<details class="parameters__group" id="[^"]+" open>', answer.text)


async def test_names_that_no_database_takes_are_repaired_or_refused(signed_in):
    _, client = await signed_in()
    await client.get("/")
    saved = {"name": "No\0thing", "with_model": "on", "model": "x\0y" * 200}
    assert (await client.post("/presets/", COOL | saved, headers=HTMX)).status_code == 422
    assert "Nothing" in (await client.post("/presets/", COOL | {"name": "No\0thing"}, headers=HTMX)).text
    assert (await client.post("/parameters/defaults/forget/", {"model": "\0"})).status_code == 302


async def test_defaults_for_one_model_need_a_model(signed_in):
    _, client = await signed_in()
    answer = await client.post("/parameters/defaults/", COOL | {"for": "model", "model": "m"}, headers=HTMX)
    assert (answer.status_code, "Choose a model" in answer.text) == (422, True)
    assert not await RequestDefaults.objects.aexists()


async def test_defaults_that_do_not_go_together_give_way_to_those_of_the_model(signed_in, made):
    alice, client = await signed_in()
    general = RequestSettings(
        system_role="developer", parameters={"stream_options": {"include_usage": False}}
    )
    await made(begin_with, alice, general)
    of_model = RequestSettings(parameters={"stream": False})
    await made(begin_with, alice, of_model, model_key="demo::demo")
    await client.post("/", {"text": "Hello", "model": "demo::demo"})
    assert (await newest()).request_settings == RequestSettings(
        system_role="developer", parameters={"stream": False}
    )


@pytest.mark.parametrize("number", ["1e22", "1e16", "-0.0", "0.5", "12345678901234567890", "true"])
async def test_numbers_that_databases_write_in_their_own_way_are_no_change(signed_in, made, number):
    alice, client = await signed_in()
    conversation = await made(make_conversation, alice)
    url = f"/c/{conversation.pk}/parameters/"
    shown = re.compile(r'name="shown" value="(\w+)"')
    (seen,) = shown.findall((await client.get(url, headers=HTMX)).text)
    for seed in ("1", "2", "3"):
        posted = {"p-extra": f'{{"x": {number}}}', "p-seed": seed, "shown": seen}
        told = (await client.post(url, posted, headers=HTMX)).text
        assert ">Kept<" in told
        (seen,) = shown.findall(told)


async def test_what_is_kept_already_is_no_conflict_when_it_is_sent_again(signed_in, made):
    alice, client = await signed_in()
    conversation = await made(make_conversation, alice)
    url = f"/c/{conversation.pk}/parameters/"
    (seen,) = re.findall(r'name="shown" value="(\w+)"', (await client.get(url, headers=HTMX)).text)
    for _ in range(2):
        assert ">Kept<" in (await client.post(url, COOL | {"shown": seen}, headers=HTMX)).text


async def test_a_form_that_comes_back_does_not_take_the_changes_of_others_for_seen(signed_in, made):
    alice, client = await signed_in()
    conversation = await made(make_conversation, alice)
    url = f"/c/{conversation.pk}/parameters/"
    shown = re.compile(r'name="shown" value="(\w+)"')
    (seen,) = shown.findall((await client.get(url)).text)
    await client.post(url, COOL | {"shown": seen})
    (still,) = shown.findall((await client.post(url, {"p-n": "0", "shown": seen})).text)
    assert still == seen
    assert "changed elsewhere" in (await client.post(url, {"p-n": "1", "shown": still})).text
    await conversation.arefresh_from_db()
    assert conversation.request_settings == COOL_SETTINGS


@pytest.mark.parametrize(
    "profile", [[1], "abc", {"n": 1}, {"n": {}}, {"n": {"state": "maybe"}}, {"x": {"state": "no"}}]
)
async def test_a_profile_that_nobody_can_read_marks_nothing(signed_in, made, profile):
    alice, client = await signed_in()
    endpoint = await made(make_endpoint, "http://127.0.0.1:9/v1")
    await endpoint.models.acreate(name="m", profile=profile)
    conversation = await made(make_conversation, alice, endpoint=endpoint, model="m")
    page = await client.get(f"/c/{conversation.pk}/parameters/", headers=HTMX)
    assert (page.status_code, "control--beyond" in page.text) == (200, False)


async def test_a_model_with_a_nul_in_its_name_is_asked_for_without_it(signed_in):
    _, client = await signed_in()
    assert (await client.get("/parameters/?model=a%00b", headers=HTMX)).status_code == 200
    assert (await client.get("/?model=a%00b")).status_code == 200
