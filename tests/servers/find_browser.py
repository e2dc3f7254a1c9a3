"""`python -m tests.servers.find_browser`: makes sure that there is a Chromium, or says plainly that there is none.

In this order: the system's own, one that Playwright has downloaded or can download, and for root the system's package.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.servers.browser import system_browser

DOWNLOAD_SECONDS = 600


def downloaded_browser() -> bool:
    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path).exists()


def succeeds(*command: str) -> bool:
    try:
        done = subprocess.run(command, capture_output=True, timeout=DOWNLOAD_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def download() -> bool:
    print("No Chromium here: trying Playwright's download", flush=True)
    return succeeds(sys.executable, "-m", "playwright", "install", "chromium") and downloaded_browser()


def install_package() -> bool:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    print("Trying the system's package: apt-get install chromium", flush=True)
    succeeds("apt-get", "update")
    return succeeds("apt-get", "install", "-y", "--no-install-recommends", "chromium") and bool(
        system_browser()
    )


def main() -> None:
    if system_browser() or downloaded_browser() or download() or install_package():
        return
    sys.exit(
        "The tests drive a real browser, and none could be found or installed.\n"
        "Install one (Debian and Ubuntu: apt-get install chromium; elsewhere: .venv/bin/playwright install chromium) "
        "and run make test again."
    )


if __name__ == "__main__":
    main()
