"""The files of a schedule: hardened, pinned, and with commands that exist."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from outcomes import cli

DEPLOY = Path(__file__).parents[1] / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))


@pytest.mark.parametrize("unit", UNITS, ids=lambda u: u.stem)
@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not here")
def test_a_unit_is_exposed_to_little(unit):
    given = ["systemd-analyze", "security", "--offline=true", str(unit)]
    said = subprocess.run(given, capture_output=True, text=True, timeout=60).stdout
    found = re.search(r"exposure level for \S+: ([\d.]+)", said)
    if not found:
        pytest.skip("this systemd cannot judge a file")
    assert float(found[1]) <= 3


@pytest.mark.parametrize("unit", UNITS, ids=lambda u: u.stem)
def test_whoever_is_to_be_told_hears_of_a_unit_that_failed(unit):
    text = unit.read_text("utf-8")
    assert ("OnFailure=outcomes-failed@%n.service" in text) == (
        "failed@" not in unit.name
    )
    assert "Type=oneshot" in text and "NoNewPrivileges=yes" in text


def test_every_timer_has_its_unit():
    for timer in DEPLOY.glob("*.timer"):
        assert timer.with_suffix(".service").is_file()


COMMANDS = sorted(
    {
        found
        for file in DEPLOY.iterdir()
        for found in re.findall(
            r"\.venv/bin/outcomes ([a-z]+(?: (?:check|refresh))?)",
            file.read_text("utf-8"),
        )
    }
)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_a_schedule_exists(command):
    assert CliRunner().invoke(cli.app, [*command.split(), "--help"]).exit_code == 0


def test_every_option_of_a_schedule_exists():
    for line in re.findall(
        r"\.venv/bin/outcomes (.+)", "".join(u.read_text("utf-8") for u in UNITS)
    ):
        words = re.match(r"(?:data refresh|release check|[a-z]+)", line)[0].split()
        told = CliRunner().invoke(cli.app, [*words, "--help"]).output
        assert all(option in told for option in re.findall(r"--[a-z-]+", line)), line


def test_the_workflow_is_pinned_may_little_and_keeps_a_release_when_a_page_failed():
    text = (DEPLOY / "pages.yml").read_text("utf-8")
    used = re.findall(r"uses: (\S+)", text)
    assert len(used) == 5 and all(re.search(r"@[0-9a-f]{40}$", one) for one in used)
    assert "\npermissions: {}\n" in text and "persist-credentials: false" in text
    save = text[text.index("cache/save") :]
    assert save.index("if: always()") < save.index("path: site")


def test_what_cron_writes_is_rotated():
    written = set(
        re.findall(
            r"> ?>? ?(\w+\.(?:log|txt))", (DEPLOY / "crontab").read_text("utf-8")
        )
    )
    assert written == {"build.log", "status.txt"}
    for name in written:
        assert f"/srv/outcomes/{name}" in (DEPLOY / "logrotate").read_text("utf-8")
