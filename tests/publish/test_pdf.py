"""Pages as PDF: by a browser where there is one, and one sentence where there is none."""

import pytest

from outcomes.core.errors import Invalid
from outcomes.publish import pdf

SCRIPT = """#!/bin/sh
for word in "$@"; do
  case "$word" in --print-to-pdf=*) [ -z "$FAILS" ] && echo %PDF > "${word#*=}" ;; esac
done
echo "no display" >&2
"""


@pytest.fixture
def printer(tmp_path, monkeypatch):
    """A browser that prints one line, the only one on the path, and a release of two pages."""
    tool = tmp_path / "bin/chromium"
    tool.parent.mkdir()
    tool.write_text(SCRIPT)
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}:/usr/bin:/bin")
    monkeypatch.setattr(pdf, "BROWSERS", ("chromium",))
    return tmp_path / "release"


def test_each_page_is_printed_under_its_own_name(printer, tmp_path):
    told = []
    made = pdf.write(printer, ["a.html", "b/c.html"], tmp_path / "to", told.append)
    assert made == told == [tmp_path / "to/a.pdf", tmp_path / "to/b/c.pdf"]
    assert made[1].read_text() == "%PDF\n"


def test_a_page_that_is_not_printed_is_named_with_the_reason(printer, monkeypatch):
    monkeypatch.setenv("FAILS", "1")
    with pytest.raises(Invalid, match=r"a\.html was not printed: no display"):
        pdf.write(printer, ["a.html"], printer)


def test_without_a_browser_one_sentence_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Invalid, match=r"no browser that prints was found .*Chromium"):
        pdf.write(tmp_path, ["a.html"], tmp_path)
