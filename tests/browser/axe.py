"""axe-core on a page as it stands."""

from pathlib import Path

import axe_playwright_python
from playwright.sync_api import Page

SCRIPT = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
# Of all rules, only those about colour can tell one scheme from the other.
COLOUR_RULES = ["color-contrast", "link-in-text-block"]

# Colours are judged as they are in the end, not in the middle of a transition, of which one may set off another; what
# turns for ever does not end.
FIND_VIOLATIONS = """async (rules) => {
  const moves = (animation) => animation.effect.getComputedTiming().endTime !== Infinity;
  for (let calm = 0; calm < 3; calm += 1) {
    await new Promise((resolve) => requestAnimationFrame(resolve));
    if (document.getAnimations().some(moves)) calm = -1;
  }
  const found = await axe.run(document, { resultTypes: ["violations"], ...(rules ? { runOnly: rules } : {}) });
  return found.violations.flatMap((violation) => violation.nodes.map(
    (node) => `${violation.id}: ${node.html.slice(0, 200)}: ${node.failureSummary}`));
}"""


def assert_accessible(page: Page, *, schemes: bool = True) -> None:
    """No violation of any rule; with `schemes` none in the dark colour scheme either."""
    if not page.evaluate("() => Boolean(window.axe)"):
        page.evaluate(SCRIPT)
    _assert_none(page, page.evaluate(FIND_VIOLATIONS, None))
    if schemes:
        page.emulate_media(color_scheme="dark")
        _assert_none(page, page.evaluate(FIND_VIOLATIONS, COLOUR_RULES))
        page.emulate_media(color_scheme="light")


def _assert_none(page: Page, problems: list[str]) -> None:
    assert not problems, f"{page.url}\n" + "\n".join(problems)
