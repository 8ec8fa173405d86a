"""A JupyterLab of its own, opened in Chromium: for the tests and the benchmark of ``explore``."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
QUIET = [
    *(
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-sync",
    ),
    *("--disable-background-networking", "--disable-component-update"),
]
_TOKEN = "explore"


def wait_until(tab, told: str, arg=None) -> None:
    """Wait until a script says yes in a page that lets no script be made of words.

    ``wait_for_function`` is refused by the pages' own policy, unless it is told yes at once.
    """
    end = time.monotonic() + 30
    while not tab.evaluate(told, arg):
        assert time.monotonic() < end, f"never told: {told}"
        tab.wait_for_timeout(50)


@contextmanager
def lab(notebooks: Path, settings: Path, **env: str):
    """A running JupyterLab that serves ``notebooks``; gives its address. Ends it afterwards."""
    command = ["-m", "jupyter", "lab", "--no-browser", f"--notebook-dir={notebooks}"]
    with served(command, settings, **env) as address:
        yield address


@contextmanager
def served(command: list[str], settings: Path, **env: str):
    """A server of JupyterLab that a Python command starts; gives its address. Ends it afterwards."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {
        f"{name}_DIR": str(settings / name.lower())
        for name in (
            *("JUPYTER_CONFIG", "JUPYTER_DATA", "JUPYTER_RUNTIME"),
            *("JUPYTERLAB_SETTINGS", "JUPYTERLAB_WORKSPACES"),
        )
    }
    given = {
        "ServerApp": {"ip": "127.0.0.1", "allow_root": True},
        "IdentityProvider": {"token": _TOKEN},
        "LabApp": {"news_url": None},
    }
    config = Path(own["JUPYTER_CONFIG_DIR"]) / "jupyter_server_config.json"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(json.dumps(given))
    with open(settings / "lab.log", "w") as log:
        server = subprocess.Popen(
            [sys.executable, *command, f"--port={port}"],
            env=os.environ | own | env,
            stdout=log,
            stderr=log,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{address}/api")
                break
            except OSError:
                time.sleep(0.5)
        yield address
    finally:
        server.terminate()
        server.wait(30)


def need_chromium(undone: str) -> None:
    """Skip the test where no Chromium is found, saying what was not done; fail where one must be."""
    if CHROMIUM is not None:
        return
    if os.environ.get("OUTCOMES_REQUIRE_BROWSER"):
        pytest.fail("no Chromium was found, and OUTCOMES_REQUIRE_BROWSER is set")
    pytest.skip(f"no Chromium was found: {undone}")


@contextmanager
def browser(undone: str = ""):
    """Chromium, driven by playwright; without one the test is skipped (:func:`need_chromium`)."""
    from playwright.sync_api import sync_playwright

    if undone:
        need_chromium(undone)
    with sync_playwright() as play:
        yield play.chromium.launch(executable_path=CHROMIUM, args=QUIET)


def open_notebook(tab, address: str, path: str) -> None:
    """Open a notebook in JupyterLab, and wait until its kernel has nothing to do."""
    tab.set_default_timeout(120_000)
    tab.goto(f"{address}/lab/tree/{path}?token={_TOKEN}&reset")
    tab.wait_for_selector(".jp-Notebook .jp-Cell")
    tab.get_by_text("Python 3 (ipykernel) | Idle").wait_for()


def run_all(tab) -> None:
    """Run, Run All Cells: from the menu, as a person would."""
    tab.get_by_role("menuitem", name="Run", exact=True).click()
    tab.locator(".lm-Menu-itemLabel", has_text="Run All Cells").first.click()
