"""axe-core on a page as it stands, in both colour schemes."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# Colours are judged as they are in the end, not in the middle of a transition; what turns for ever does not end.
ANIMATIONS_ENDED = """() => Promise.allSettled(document.getAnimations()
  .filter((animation) => animation.effect.getComputedTiming().endTime !== Infinity)
  .map((animation) => animation.finished))"""
COLOUR_RULES = ["color-contrast", "link-in-text-block"]


def assert_accessible(page: Page) -> None:
    """Of all rules, only those about colour can tell the dark scheme from the light one."""
    _assert_no_violation(page, {})
    page.emulate_media(color_scheme="dark")
    _assert_no_violation(page, {"runOnly": COLOUR_RULES})
    page.emulate_media(color_scheme="light")


def _assert_no_violation(page: Page, options: dict[str, Any]) -> None:
    page.evaluate(ANIMATIONS_ENDED)
    found = Axe().run(page, options={"resultTypes": ["violations"], **options})
    problems = [
        f"{violation['id']}: {node['html'][:200]}: {node['failureSummary']}"
        for violation in found.response["violations"]
        for node in violation["nodes"]
    ]
    assert not problems, f"{page.url}\n" + "\n".join(problems)
