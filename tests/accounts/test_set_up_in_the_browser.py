"""The first minute: open the printed link, make the account, be signed in."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.servers.site import LiveSite


def fill_and_send(page: Page, live_site: LiveSite) -> None:
    page.goto(live_site.setup_url)
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password", exact=True).fill("long enough 42")
    page.get_by_label("Password confirmation").fill("long enough 42")
    page.get_by_role("button", name="Create the account").click()


def test_the_printed_link_leads_to_a_signed_in_administrator(page: Page, live_site: LiveSite) -> None:
    fill_and_send(page, live_site)
    expect(page).to_have_url(f"{live_site.url}/")
    page.goto("/admin/")
    expect(page.get_by_role("heading", name="Site administration")).to_be_visible()


def test_signing_in_needs_no_javascript(live_site: LiveSite, open_page: Callable[..., Page]) -> None:
    page = open_page(live_site.url, java_script_enabled=False)
    fill_and_send(page, live_site)
    page.goto("/accounts/logout/")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("Username or email").fill("ada")
    page.get_by_label("Password").fill("long enough 42")
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{live_site.url}/")
