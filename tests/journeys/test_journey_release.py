"""The last step of the job, on the real release: it is checked, approved and public, and what
points to a person, wherever it is planted, keeps it from that."""

import json
import os
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from outcomes.cli import app

pytestmark = pytest.mark.build
MAIL, CALL, CASE = (
    "jo.bloggs@example.org",
    "01632 960123",
    "Kelly Bloggs, who pleaded guilty",
)
INSURED, HOUSE, SPOT = "AB123456C", "PR1 2HE", "53.75224, -2.37871"
PLANTED = {
    "op-warrior.html": ("</main>", f"<p>{CASE}.</p></main>"),
    "area-profile/blackpool.html": ("</main>", f"<p>Ring {CALL}.</p></main>"),
    "index.html": ("</main>", f"<p>Ask {MAIL}.</p></main>"),
    "feed.xml": ("<title>", f"<title>{MAIL} "),
    "sbom.json": ('"name": "', f'"name": "{MAIL} '),
    "manifest.json": ('"title": "', f'"title": "at {HOUSE} '),
    "notebooks/programmes/fraud.ipynb": (
        '"kernelspec": {',
        f'"author": "{INSURED}", "kernelspec": {{',
    ),
    "notebooks/county/annual_report.ipynb": ('"# ', f'"# {MAIL} '),
}
"""A file of a release, a text in it, and what stands there once something is planted."""


@pytest.fixture
def site(real_site, tmp_path) -> Path:
    """The real site to be changed: its files are those of the real one until they are."""
    own = tmp_path / "site"
    shutil.copytree(real_site, own, symlinks=True, copy_function=os.link)
    return own


def said(site: Path, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["release", *words, "--out", str(site)])
    return (
        done.exit_code,
        f"{done.output}{done.exception if done.exit_code == 1 else ''}",
    )


def test_what_the_product_builds_passes_every_check_and_becomes_public(site):
    code, text = said(site, "check")
    verdicts = [
        line.split()[0] for line in text.splitlines()[1:] if not line.startswith(" ")
    ]
    assert code == 0 and len(verdicts) == 10 and set(verdicts) <= {"pass", "review"}, (
        text
    )
    assert not (site / "public").exists()
    code, text = said(
        site, "approve", "--by", "A. Reviewer", "--note", "Looked at, page by page."
    )
    assert code == 0 and text.endswith(f"Approved. Open {site}/public/index.html\n"), (
        text
    )
    assert (site / "public").resolve() == (site / "latest").resolve()
    assert (site / "public/index.html").is_file()
    assert "A. Reviewer" in said(site, "list")[1]


def test_what_points_to_a_person_fails_wherever_it_is_planted(site):
    release = (site / "latest").resolve()
    tables = sorted((release / "op-warrior").glob("*.csv"))
    for path, (before, after) in PLANTED.items():
        text = (release / path).read_text(encoding="utf-8")
        assert before in text, f"{path} holds no {before!r}: plant it elsewhere"
        put(release / path, text.replace(before, after, 1))
    put(tables[0], tables[0].read_text(encoding="utf-8") + f"{MAIL}\n")
    put(
        release / "findings.csv",
        f'"{SPOT}"\n' + (release / "findings.csv").read_text("utf-8"),
    )
    put(release / "op-warrior/planted.csv", "n\n1\n")
    for path in (p for p in PLANTED if p.endswith((".json", ".ipynb"))):
        json.loads(
            (release / path).read_text(encoding="utf-8")
        )  # planted, and still sound
    reasons = checked(release, site)
    want = [*PLANTED, f"op-warrior/{tables[0].name}", "findings.csv"]
    digested = sorted(set(want) - {"manifest.json"})  # which holds the digests
    assert sorted(reasons.pop("files")) == sorted(
        [f"{path} has changed since it was built." for path in digested]
        + ["op-warrior/planted.csv is no part of any page, and no build makes it."]
    )
    found = {reason.partition(",")[0] for reason in reasons.pop("personal data")}
    assert found == set(want)
    assert not [
        name for name in reasons if name in ("disclosure", "accessibility", "tables")
    ]
    code, text = said(site, "approve", "--by", "A. Reviewer", "--note", "Please.")
    assert code == 1 and "fails (files, personal data) and cannot be approved" in text
    assert not (site / "public").exists()


def put(path: Path, text: str) -> None:
    """A new file in the place of one that is shared with the real site."""
    path.unlink(missing_ok=True)
    path.write_text(text, encoding="utf-8")


def checked(release: Path, site: Path) -> dict[str, list[str]]:
    """The reasons of every check that finds something."""
    from outcomes.publish import review

    found = review.checks(site, release, Path(__file__).parents[2])
    return {one.name: one.reasons for one in found if one.verdict != "pass"}
