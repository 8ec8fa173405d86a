"""The command of the plan hears of failures and changes, and its own failure is said."""

import json
import sys
from functools import partial
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from notebook_maker import entry, notebook, plan
from outcomes import cli
from outcomes.publish import notify
from outcomes.publish import plan as plans

BAD = {"name": "KeyError", "message": "x", "cell": None}


@pytest.fixture
def told(tmp_path):
    """What the command of a plan is told on its input, of a build with these pages."""
    notebook(tmp_path / "notebooks/demo.ipynb")
    words = [
        sys.executable,
        "-c",
        "import sys; open('told', 'w').write(sys.stdin.read())",
    ]
    text = f"[notify]\ncommand = {json.dumps(words)}\n"
    found = plans.read(plan(tmp_path, entry("demo", "demo") + text))
    (tmp_path / "site/releases/new").mkdir(parents=True)

    def read(*made, error=None):
        said = []
        if error is not None:
            assert notify.failed(found, tmp_path / "site", error, said.append) is True
        else:
            release = SimpleNamespace(
                path=tmp_path / "site/releases/new",
                new=True,
                entries=list(made),
                failed=[e for e in made if e["error"]],
                failing=[e for e in made if e["error"]],
                changed=[e for e in made if e["changes"]],
                shown=tmp_path / "site/latest/index.html",
            )
            assert notify.made(found, release, said.append) is True
        assert said == []
        file = tmp_path / "told"
        return json.loads(file.read_text("utf-8")) if file.is_file() else None

    return read


def page(handle, built="new", error=None, changes=()):
    return {
        "handle": handle,
        "title": handle.title(),
        "built": built,
        "error": error,
        "changes": list(changes),
    }


def test_whoever_is_to_be_told_hears_which_pages_were_built_failed_and_changed(
    told, tmp_path
):
    failed = {"name": "KeyError", "message": "'x'.", "cell": 3}
    moved = {"name": "more_thefts", "said": "1 became 2 (up 1)", "why": "data revised"}
    pages = [
        page("one", changes=[moved]),
        page("two", "old"),
        page("three", "old", failed),
    ]
    assert told(*pages) == {
        "occasions": ["failure", "change"],
        "release": "new",
        "site": str(tmp_path / "site/latest/index.html"),
        "built": ["one"],
        "failed": {"three": "KeyError: 'x' (cell 3)"},
        "changes": ["One, more thefts: 1 became 2 (up 1). Why: data revised."],
    }


def test_nobody_is_told_of_a_build_without_news(told):
    assert told(page("one")) is None


def test_whoever_is_to_be_told_hears_of_a_build_that_made_no_release(told, tmp_path):
    assert told(error=OSError("full")) == {
        "occasions": ["failure"],
        "site": str(tmp_path / "site/latest/index.html"),
        "error": "full",
    }


def test_where_nobody_is_to_be_told_nobody_is(tmp_path):
    notebook(tmp_path / "notebooks/demo.ipynb")
    found = plans.read(plan(tmp_path, entry("demo", "demo")))
    assert notify.failed(found, tmp_path, OSError("full"), print) is True


def test_a_command_of_notify_that_fails_is_said(tmp_path):
    notebook(tmp_path / "notebooks/demo.ipynb")
    command = json.dumps([sys.executable, "-c", "raise SystemExit(3)"])
    text = entry("demo", "demo") + f"[notify]\ncommand = {command}\n"
    said = []
    found = plans.read(plan(tmp_path, text))
    assert notify.failed(found, tmp_path, OSError("full"), said.append) is False
    assert said[0].startswith(
        "outcomes: the command of [notify] did not work: Command "
    )
    assert "non-zero exit status 3" in said[0]
    release = SimpleNamespace(
        path=tmp_path,
        shown=tmp_path,
        new=True,
        entries=[],
        changed=[],
        failed=[page("x", error=BAD)],
        failing=[page("x", error=BAD)],
    )
    assert notify.made(found, release, said.append) is False and len(said) == 2


def test_a_command_of_notify_has_two_minutes_and_reads_plain_text(
    tmp_path, monkeypatch
):
    notebook(tmp_path / "notebooks/demo.ipynb")
    text = entry("demo", "demo") + '[notify]\ncommand = ["mail", "x"]\n'
    found = plans.read(plan(tmp_path, text))
    asked = []
    monkeypatch.setattr(
        notify.subprocess, "run", lambda *a, **more: asked.append((*a, more))
    )
    assert notify.failed(found, tmp_path, OSError("£"), print)
    ((command, options),) = asked
    assert command == ["mail", "x"] and (options["timeout"], options["cwd"]) == (
        120,
        tmp_path,
    )
    assert '"error": "£"' in options["input"]


def test_each_is_told_of_its_own_occasions_in_its_own_manner(tmp_path):
    notebook(tmp_path / "notebooks/demo.ipynb")
    text = entry("demo", "demo")
    for name, on, form in (("a", "success", "text"), ("b", "failure", "json")):
        code = f"import sys; open('{name}', 'w').write(sys.stdin.read())"
        words = json.dumps([sys.executable, "-c", code])
        text += f'[[notify]]\ncommand = {words}\non = ["{on}"]\nformat = "{form}"\n'
    found = plans.read(plan(tmp_path, text))
    release = SimpleNamespace(
        path=tmp_path / "r",
        shown=tmp_path / "i.html",
        new=True,
        entries=[page("one", "r")],
        changed=[],
        failed=[],
        failing=[],
    )
    assert notify.made(found, release, print) is True
    assert (tmp_path / "a").read_text("utf-8").splitlines() == [
        "Occasion: success",
        "Built: one",
        "Release: r",
        f"Site: {tmp_path / 'i.html'}",
    ]
    assert not (tmp_path / "b").exists()
    assert notify.trial(found, tmp_path, print) is True
    assert "This is a test" in (tmp_path / "a").read_text("utf-8")
    assert json.loads((tmp_path / "b").read_text("utf-8"))["test"] is True


def test_the_command_line_tries_the_notices_and_says_who_is_told(tmp_path):
    notebook(tmp_path / "notebooks/demo.ipynb")
    words = json.dumps(
        [sys.executable, "-c", "import sys; open('t', 'w').write(sys.stdin.read())"]
    )
    plan(tmp_path, entry("demo", "demo") + f"[notify]\ncommand = {words}\n")
    run = partial(CliRunner().invoke, cli.app)
    where = ["--plan", str(tmp_path / "reports.toml")]
    assert run(["notify", *where]).output.startswith(
        "Will be sent on failure, change, as json:"
    )
    assert run(["notify", "--test", *where]).exit_code == 0
    assert "test" in (tmp_path / "t").read_text("utf-8")
    assert run(["notify", "--failed", "outcomes.service", *where]).exit_code == 0
    assert "outcomes.service failed" in (tmp_path / "t").read_text("utf-8")
    plan(tmp_path, entry("demo", "demo") + '[notify]\ncommand = ["/no/such"]\n')
    assert run(["notify", "--test", *where]).exit_code == 1
