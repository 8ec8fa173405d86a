"""Damaged, cut, unreadable or odd input at any command is one sentence, and never a traceback."""

import json
import os
import sys
from pathlib import Path

import pytest

from notebook_maker import entry, notebook, plan
from outcomes import cli
from outcomes.core import errors
from outcomes.data import tables
from outcomes.publish import execute, releases

PAGE = entry("demo", "demo", "Demo")
ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A plan of one page, and a shown release of it; commands run there."""
    notebook(tmp_path / "notebooks/demo.ipynb", parameters=None)
    plan(tmp_path, PAGE)
    release = tmp_path / "site/releases/20260101T000000Z-aa"
    record = {"release": release.name, "pages": [], "files": {}}
    releases.write(release / "manifest.json", json.dumps(record))
    releases.write(release / "index.html", "x")
    releases.link(tmp_path / "site", "latest", release.name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(execute, "prepare", lambda: None)
    return tmp_path


def run(monkeypatch, capsys, *words) -> tuple[int, str]:
    """A command's exit code and what it says on the error stream."""
    monkeypatch.setattr(sys, "argv", ["outcomes", *words])
    with pytest.raises(SystemExit) as left:
        cli.main()
    return int(left.value.code or 0), capsys.readouterr().err


def sentence(said: str) -> bool:
    """One sentence for a person; a usage error of the command line is one too."""
    return "Traceback" not in said and said.strip().endswith((".", "│", "╯", "!", "'"))


PLANS = {
    "latin-1": PAGE.encode() + b"# \xe9",
    "utf-16": PAGE.encode("utf-16"),
    "empty nul": b"\x00\x00",
    "brackets": b"a = " + b"[" * 5000,
    "tables": b"[" + b"a." * 5000 + b"a]",
    "digits": b"a = " + b"9" * 5001,
    "cut": PAGE.encode()[:-3],
    "on a number": PAGE.encode() + b'[notify]\ncommand = ["x"]\non = 5',
    "on true": PAGE.encode() + b'[notify]\ncommand = ["x"]\non = true',
    "command text": PAGE.encode() + b'[notify]\ncommand = "x"',
    "command empty": PAGE.encode() + b'[notify]\ncommand = [""]',
    "command nul": PAGE.encode() + b'[notify]\ncommand = ["a\\u0000"]',
    "limits list": b"limits = [1]\n" + PAGE.encode(),
    "limits number": b"limits = 5\n" + PAGE.encode(),
    "limits text": b'limits = "a"\n' + PAGE.encode(),
    "notify first": b'notify = "x"\n' + PAGE.encode(),
    "notify list": b"notify = [1]\n" + PAGE.encode(),
    "notify number": b"notify = 5\n" + PAGE.encode(),
    "limit beyond": PAGE.encode() + b"[limits]\nmemory = 99999999999999999999",
    "limit nought": PAGE.encode() + b"[limits]\nmemory = 0",
    "page number": b"page = 5",
    "page of numbers": b"page = [5]",
    "sweep": PAGE.encode() + b"sweep = 5",
    "parameters": PAGE.encode() + b"parameters = [1]",
    "handle list": b"[[page]]\nhandle = [1]\nnotebook = 'demo'\ntitle = 'x'",
    "title seen as none": entry("demo", "demo", "\u202e"),
    "a million pages": entry("d-{a}-{b}-{c}", "demo", "x {a}{b}{c}")
    + "sweep = { "
    + ", ".join(f"{n} = {list(range(120))}" for n in "abc")
    + " }",
}
COMMANDS = (["list"], ["build"], ["build", "--dry-run"], ["build", "demo", "-p", "a=1"])


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("text", PLANS.values(), ids=PLANS)
def test_a_plan_that_is_none(folder, monkeypatch, capsys, text, command):
    held = text if isinstance(text, bytes) else text.encode()
    (folder / "reports.toml").write_bytes(held)
    code, said = run(monkeypatch, capsys, *command)
    assert code == 2 and sentence(said), said


PATHS = {
    "loop": lambda f: (f / "loop").symlink_to(f / "loop") or str(f / "loop"),
    "long": lambda f: "x" * 300,
    "below a file": lambda f: str(f / "reports.toml" / "x"),
    "nowhere": lambda f: "/nowhere/at/all",
    "proc": lambda f: "/proc/x/y",
    "empty": lambda f: "",
}
PLACES = (
    ["list", "--plan"],
    ["build", "--plan"],
    ["status", "--plan"],
    ["diff", "--plan"],
    ["notebooks", "--plan"],
    ["release", "list", "--plan"],
    ["release", "check", "--plan"],
    ["status", "--out"],
    ["diff", "--out"],
    ["release", "check", "--out"],
    ["release", "approve", "--by", "Jo", "--out"],
    ["learn"],
    ["data", "build"],
    ["data", "refresh"],
)


@pytest.mark.parametrize("command", PLACES, ids=" ".join)
@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_a_path_that_cannot_be(folder, monkeypatch, capsys, path, command):
    monkeypatch.setattr(cli, "_figures_by_hand", list)
    before = sorted(folder.rglob("*"))
    given = path(folder)
    code, said = run(monkeypatch, capsys, *command, given)
    assert "Traceback" not in said
    assert code == 0 or sentence(said) or command[0] == "status", said
    assert len(sorted(folder.rglob("*"))) <= len(before) + 40


MANIFESTS = {
    "empty": b"",
    "cut": b'{"release": "2026',
    "list": b"[]",
    "object": b"{}",
    "latin-1": b'"\xe9"',
    "deep": b"[" * 99999,
    "numbers": b'{"release": 5, "pages": 5}',
    "pages": b'{"release": "x", "pages": [5]}',
}
READERS = (
    ["status"],
    ["diff"],
    ["release", "check"],
    ["release", "list"],
    ["release", "approve", "--by", "Jo"],
    ["build", "--dry-run"],
)


@pytest.mark.parametrize("command", READERS, ids=" ".join)
@pytest.mark.parametrize("held", MANIFESTS.values(), ids=MANIFESTS)
def test_a_record_that_is_none(folder, monkeypatch, capsys, held, command):
    monkeypatch.setattr(cli, "_figures_by_hand", list)
    (folder / "site/latest/manifest.json").write_bytes(held)
    code, said = run(monkeypatch, capsys, *command)
    assert "Traceback" not in said
    assert code in (0, 1, 2) and (code < 2 or sentence(said)), said


EPOCHS = ("abc", "nan", "inf", "1e30", "-1e30", "1_000_x", "٣x")


@pytest.mark.parametrize("given", EPOCHS)
@pytest.mark.parametrize("command", [["build"], ["build", "--dry-run"]], ids=" ".join)
def test_a_date_that_is_none(folder, monkeypatch, capsys, given, command):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", given)
    code, said = run(monkeypatch, capsys, *command)
    assert code == 2 and "SOURCE_DATE_EPOCH" in said and sentence(said)


NOTEBOOKS = {
    "empty": b"",
    "text": b"hello",
    "list": b"[]",
    "cells": b'{"cells": 5}',
    "cell of text": b'{"cells": ["x"]}',
    "latin-1": b'{"cells": ["\xe9"]}',
    "brackets": b"[" * 100000,
}


@pytest.mark.parametrize("command", COMMANDS[1:], ids=" ".join)
@pytest.mark.parametrize("held", NOTEBOOKS.values(), ids=NOTEBOOKS)
def test_a_notebook_that_is_none(folder, monkeypatch, capsys, held, command):
    (folder / "notebooks/demo.ipynb").write_bytes(held)
    code, said = run(monkeypatch, capsys, *command)
    assert code == 2 and "demo.ipynb" in said and sentence(said)


HARMS = {
    "empty": lambda held: b"",
    "cut": lambda held: held[:200],
    "text": lambda held: b"hello\n",
    "utf-16": lambda held: "a,b\n".encode("utf-16"),
    "latin-1": lambda held: b"a,b\n\xe9,1\n",
    "quote": lambda held: b'a,b\n"x,1\n',
    "wide": lambda held: b"a,b\n1,2\n1,2,3\n",
}


@pytest.mark.parametrize("table", ["forces.csv", "crime_force_monthly.parquet"])
@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
def test_a_table_that_is_none_is_named(tmp_path, monkeypatch, harm, table):
    clean = tmp_path / "clean"
    clean.mkdir()
    held = (ROOT / "data/clean" / table).read_bytes()
    (clean / table).write_bytes(harm(held))
    monkeypatch.setattr(tables, "root", lambda: tmp_path)
    try:
        found = tables.rows(table.partition(".")[0])
    except errors.Invalid as error:
        assert sentence(str(error)) and table.partition(".")[0] in str(error)
    else:
        assert table.endswith(".csv") and len(found) < 9, "left to the table's schema"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_checkout_that_cannot_be_written(folder, monkeypatch, capsys):
    (folder / "site").chmod(0o500)
    code, said = run(monkeypatch, capsys, "build")
    assert code in (1, 2) and sentence(said)


@pytest.mark.parametrize(
    "error",
    [
        PermissionError(13, "Permission denied", "data/.lock"),
        OSError(28, "No space left on device", "site"),
        OSError(36, "File name too long", "x" * 300),
        RuntimeError("Symlink loop from '/x'"),
        ValueError("embedded null byte"),
        OverflowError("cannot convert float infinity to integer"),
        KeyError("n"),
        RecursionError(),
    ],
    ids=repr,
)
def test_what_nobody_foresaw_is_one_sentence_and_debug_shows_more(
    monkeypatch, capsys, error
):
    class Fails:
        registered_groups, registered_commands = (), ()

        def __call__(self):
            raise error

    monkeypatch.setattr(cli, "app", Fails())
    code, said = run(monkeypatch, capsys, "list")
    assert code == (2 if isinstance(error, OSError) else 1)
    assert said.count("\n") == 1 and sentence(said)
    code, said = run(monkeypatch, capsys, "list", "--debug")
    assert "Traceback" in said and "--debug" not in sys.argv


def test_a_notice_is_sent_when_a_table_is_damaged(folder, monkeypatch, capsys):
    heard = folder / "heard"
    command = [sys.executable, "-c", f"open({str(heard)!r}, 'w').write(input())"]
    plan(folder, PAGE + f"[notify]\ncommand = {json.dumps(command)}\n")

    def damaged():
        raise errors.Invalid("clean/x.parquet cannot be read.")

    monkeypatch.setattr(cli, "_figures_by_hand", damaged)
    code, said = run(monkeypatch, capsys, "build")
    assert code == 2 and "x.parquet" in said
    assert "x.parquet" in json.loads(heard.read_text())["error"]


def test_a_named_kernel_is_ignored(folder):
    held = json.loads((folder / "notebooks/demo.ipynb").read_text())
    held["metadata"]["kernelspec"]["name"] = "lancs-venv"
    options = execute._options("/tmp/x", execute.DEFAULT, 0)
    assert options["kernel_name"] == "python3"
