"""The controls as people without Jupyter have them: they look, and write nothing."""

import base64
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pandas as pd
import pytest

import lab_driver as driver
from outcomes.core.errors import Invalid
from outcomes.explore import served
from outcomes.explore.controls import Explorer

ROOT = Path(__file__).parents[2]


def labels(shown: Explorer) -> set[str]:
    controls = shown.view.children[0].children
    return {getattr(box, "description", "") for box in controls}


def test_who_only_looks_has_no_button_that_writes(monkeypatch):
    wish = {"programme": "op_warrior", "measure": "arrests"}
    assert "Add it to reports.toml" in labels(Explorer(wish))
    monkeypatch.setenv(served.SERVED, "a-kernel")
    shown = Explorer(wish)
    assert labels(shown).isdisjoint(
        {"Export CSV and SVG", "Make this a page", "Add own figures (CSV)", "Title"}
    )
    assert 'download="op-warrior-arrests-' in shown.picture.value
    assert "application/vnd.jupyter.widget-view+json" in shown._repr_mimebundle_()


def test_the_notebook_that_is_served_holds_the_controls_alone(tmp_path):
    cells = json.loads(served.write_notebook(tmp_path).read_text())["cells"]
    assert [cell["cell_type"] for cell in cells] == ["markdown", "code"]


def test_without_voila_it_is_said_how_to_have_it(tmp_path, monkeypatch):
    monkeypatch.setattr(served, "find_spec", lambda name: None)
    with pytest.raises(Invalid, match="'serve'"):
        served.command(tmp_path, host="127.0.0.1", port=1, browser=False)


@pytest.mark.browser
def test_a_browser_alone_is_enough(tmp_path):
    pytest.importorskip("voila")
    driver.need_chromium("the controls were not served")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["-m", "outcomes", "explore", "--no-browser", f"--port={port}"]
    env = os.environ | {"PYTHONPATH": str(ROOT / "lib"), "HOME": str(tmp_path)}
    server = subprocess.Popen([sys.executable, *command], env=env, cwd=tmp_path)
    try:
        address = f"http://127.0.0.1:{port}/"
        for _ in range(240):
            try:
                urllib.request.urlopen(address)
                break
            except OSError:
                time.sleep(0.5)
        with driver.browser() as chrome:
            tab = chrome.new_page()
            tab.set_default_timeout(120_000)
            tab.goto(address)
            tab.locator(".oc-explore figure img").wait_for()
            tab.get_by_label("Programme", exact=True).select_option(
                label="Recorded crime of forces, by quarter (Home Office)"
            )
            tab.locator(".oc-explore .sentence", has_text="Trafficking").wait_for()
            assert not tab.get_by_role("button", name="Export").count()
            link = tab.locator("a[download$='.csv']").get_attribute("href")
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) is not None
    content = base64.b64decode(link.partition(",")[2])
    rows = pd.read_csv(io.BytesIO(content))
    assert {"count", "residents", "period_start", "source"} <= set(rows)
    assert not list(tmp_path.glob("*.csv"))
