"""What a first visit costs: requests, bytes on the wire, script."""

from collections.abc import Callable

from playwright.sync_api import Response, expect

from tests.browser.pages import ChatPage

MOST_REQUESTS = 12
MOST_SCRIPT = 100_000
MOST_SCRIPT_ON_THE_WIRE = 35_000
MOST_ON_THE_WIRE = 120 * 1024


def test_a_page_is_usable_within_its_budget(visit: Callable[..., ChatPage]) -> None:
    chat = visit()
    responses: list[Response] = []

    def note(response: Response) -> None:
        responses.append(response)

    chat.page.on("response", note)
    chat.new()
    chat.page.wait_for_function("customElements.get('chat-composer') && document.readyState === 'complete'")
    expect(chat.composer).to_be_focused()
    chat.page.wait_for_load_state("networkidle")
    scripts = [response for response in responses if response.request.resource_type == "script"]
    sizes = {response.url: response.request.sizes() for response in responses}
    wire = {url: size["responseHeadersSize"] + size["responseBodySize"] for url, size in sizes.items()}
    assert len(responses) <= MOST_REQUESTS, [response.url for response in responses]
    assert sum(len(script.body()) for script in scripts) <= MOST_SCRIPT
    assert sum(sizes[script.url]["responseBodySize"] for script in scripts) <= MOST_SCRIPT_ON_THE_WIRE
    assert sum(wire.values()) <= MOST_ON_THE_WIRE, wire
    assert all(url.startswith(chat.page.url) for url in wire), "something came from another machine"
