"""40 builds of a site that changes: two at a time, signals sent, the clock put forward and back."""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pytest

from notebook_maker import entry, fact, notebook, plan, show
from outcomes.publish import releases

ROUNDS, KEEP = 20, 4
DRAW = random.Random(18)
YEAR = 365 * 86400
SIGNALS = (None, None, signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
HANDLES = ("one", "two", "three")


class Site:
    """A site of three small pages, and the builds that are made of it."""

    def __init__(self, folder: Path):
        self.folder, self.mark = folder, uuid4().hex
        self.temporary = folder / "t"
        self.temporary.mkdir()
        plan(folder, "".join(entry(h, h, h.title()) for h in HANDLES))
        for handle in HANDLES:
            self.change(handle, 0)

    def change(self, handle: str, n: int) -> None:
        one = fact("found", f"{n + 10} of 42 shops sold a knife.")
        notebook(self.folder / f"notebooks/{handle}.ipynb", show(one), parameters=None)

    def start(self, moved: int = 0) -> subprocess.Popen:
        env = os.environ | {"SOAK": self.mark, "TMPDIR": str(self.temporary)}
        env |= {"SOURCE_DATE_EPOCH": str(int(time.time()) + moved)} if moved else {}
        command = [sys.executable, "-m", "outcomes", "build", "--keep", str(KEEP)]
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        return subprocess.Popen(command, cwd=self.folder, env=env, **options)

    def alive(self, seconds: float) -> list[str]:
        """What is alive of its builds when it has had so long to end."""
        late = time.monotonic() + seconds
        while (found := self._alive()) and time.monotonic() < late:
            time.sleep(0.1)
        return found

    def _alive(self) -> list[str]:
        found = []
        for path in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                state = (path / "stat").read_text().rpartition(")")[2].split()[0]
                if state != "Z" and self.mark in (path / "environ").read_text(
                    "latin-1"
                ):
                    found.append((path / "cmdline").read_text().replace("\0", " "))
        return found

    def damage(self) -> dict:
        """What is wrong with the release that is shown."""
        shown = (self.folder / "site/latest").resolve()
        return releases.damage(shown, releases.manifest(shown))


@pytest.mark.skipif(sys.platform != "linux", reason="processes are told by /proc")
def test_a_site_stays_whole_through_forty_builds(tmp_path):
    site = Site(tmp_path)
    first = site.start()
    assert first.communicate(timeout=120)[0] and first.returncode == 0
    counts = {"whole": 0, "killed by a signal": 0, "stopped by Ctrl-C": 0}
    for n in range(1, ROUNDS + 1):
        site.change(DRAW.choice(HANDLES), n)
        moves = [DRAW.choice((0, 0, 5 * YEAR, -5 * YEAR)) for _ in range(2)]
        builds = [site.start(moved) for moved in moves]
        sent = [DRAW.choice(SIGNALS) for _ in builds]
        time.sleep(DRAW.uniform(0.2, 5))
        for build, signum in zip(builds, sent, strict=True):
            if signum and build.poll() is None:
                build.send_signal(signum)
        for build, signum in zip(builds, sent, strict=True):
            said = build.communicate(timeout=120)[0]
            assert "Traceback" not in said or build.returncode < 0, said
            ends = {0: "whole", 130: "stopped by Ctrl-C"}  # 130 is what a shell says
            if signum:
                ends[-signum] = "killed by a signal"
            if signum != signal.SIGINT:
                del ends[130]
            assert build.returncode in ends, (build.returncode, signum, said)
            counts[ends[build.returncode]] += 1
        assert site.damage() == {}, (n, sent)
        assert site.alive(12) == [], (n, sent)
    for _ in range(2):  # today's clock again
        last = site.start()
        said = last.communicate(timeout=120)[0]
        assert last.returncode == 0, said
    status = [sys.executable, "-m", "outcomes", "status", "--max-age", "1d"]
    seen = subprocess.run(
        status, cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert seen.returncode == 0, seen.stdout
    assert site.damage() == {} and site.alive(5) == []
    assert not list(site.temporary.glob("*/p-*")), "no temporary folder is left"
    assert not (tmp_path / "site/.staging").exists()
    folders = [p for p in (tmp_path / "site/releases").iterdir() if p.is_dir()]
    whole = [p for p in folders if (p / "index.html").is_file()]
    assert len(whole) <= KEEP
    size = sum(f.stat().st_size for p in folders for f in p.rglob("*"))
    one = sum(f.stat().st_size for f in whole[-1].rglob("*"))
    emptied = (size - len(whole) * one) / max(1, len(folders) - len(whole))
    print(
        counts,
        f"{len(folders)} releases, {len(whole)} whole, an emptied one {emptied:,.0f} bytes",
    )
    assert emptied < 50e6 / 365
