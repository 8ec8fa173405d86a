"""Faults injected at every step of a build, with a reader who looks at the site all the while.

Each build runs in a forked process, in which the n-th thing done to the disk is the fault: the
process is killed there (in the middle of a write), or the disk is full. The reader must only ever
see whole releases, and the next build must end with the same pages as one that was not disturbed.
"""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import pytest

from notebook_maker import entry, fact, notebook, plan, show
from outcomes.core import project
from outcomes.core.mime import PROVENANCE
from outcomes.publish import build as site
from outcomes.publish import execute, index, kernels, parameters, releases, scratch
from outcomes.publish import plan as plans

pytestmark = [
    pytest.mark.build,
    pytest.mark.skipif(
        sys.platform == "win32", reason="processes are forked and killed"
    ),
]
HANDLES = ["one", "two", "three"]
STEPS = [(os, "rename"), (os, "replace"), (os, "unlink"), (shutil, "rmtree")]
STEPS += [
    (Path, n) for n in ("write_bytes", "write_text", "mkdir", "symlink_to", "unlink")
]


def edition(folder, number):
    """The notebooks of an edition, and beside them the same executed."""
    for handle in HANDLES:
        one = fact("found", f"Edition {number} of {handle}.", value=number)
        path = notebook(
            folder / f"notebooks/{handle}.ipynb", show(one), parameters=None
        )
        done = parameters.load(path)
        bundle = json.loads(
            json.loads(done["cells"][2]["source"].split("loads(")[1][:-12])
        )
        end = {"text/plain": "End.", PROVENANCE: {"reads": []}}
        for cell, data in zip(done["cells"][2:], (bundle, end), strict=True):
            out = {"output_type": "display_data", "data": data, "metadata": {}}
            cell |= {"execution_count": 1, "outputs": [out]}
        (folder / "done").mkdir(exist_ok=True)
        (folder / f"done/{handle}.ipynb").write_text(json.dumps(done))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A site that shows edition 1, and notebooks of edition 2 to be built."""
    monkeypatch.setattr(index, "day", lambda stamp: f"[{stamp}]")
    monkeypatch.setattr(os, "sync", lambda: None)  # slow, and no power is cut here
    monkeypatch.setattr(execute, "prepare", lambda: None)
    monkeypatch.setattr(
        execute, "run", lambda jobs, workers: map(copied(tmp_path), jobs)
    )
    plan(tmp_path, "".join(entry(h, h, h.title()) for h in HANDLES))
    edition(tmp_path, 1)
    build(tmp_path)
    edition(tmp_path, 2)
    return tmp_path


def copied(folder):
    def work(job):
        with (folder / "ran").open("a") as log:
            log.write(f"{job.handle}\n")
        part = Path(job.output).with_suffix(".part.ipynb")
        part.write_bytes((folder / f"done/{job.handle}.ipynb").read_bytes())
        part.replace(job.output)
        return execute.Result(job.handle, 0.0)

    return work


def build(folder, **options):
    found = plans.read(folder / "reports.toml")
    options = {"keep": 9999} | options
    return site.build(found, found.resolve(), out=folder / "site", workers=1, **options)


def inject(at, mode, **options):
    """In this process, make the ``at``-th step a fault."""
    count = 0

    def wrap(owner, name):
        real = getattr(owner, name)

        def step(*arguments, **more):
            nonlocal count
            count += 1
            if count != at:
                return real(*arguments, **more)
            if name in ("write_bytes", "write_text"):
                real(arguments[0], arguments[1][: len(arguments[1]) // 2])
            if mode == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            raise OSError(mode, os.strerror(mode))

        setattr(owner, name, step)

    for owner, name in STEPS:
        wrap(owner, name)
    return lambda: count


def disturbed(folder, at, mode, **options):
    """Build in a process of its own with a fault; its exit code: 0, 1, or minus a signal."""
    pid = os.fork()
    if pid == 0:
        try:
            steps = inject(at, mode)
            build(folder, **options)
            (folder / "steps").open("w").write(str(steps()))
            os._exit(0)
        except BaseException:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def look(release):
    """What a reader finds wrong with the release behind a folder's descriptor."""

    def text(name):
        with open(
            name, encoding="utf-8", opener=lambda n, f: os.open(n, f, dir_fd=release)
        ) as f:
            return f.read()

    record = json.loads(text("manifest.json"))
    wrong = []
    if f"[{record['release']}]" not in text("index.html"):
        wrong.append("the index is of another release")
    findings = text("findings.csv")
    for page in record["pages"]:
        shown, said = text(page["path"]), page["findings"][0]["sentence"]
        if said not in shown or said not in findings or "</html>" not in shown:
            wrong.append(f"{page['path']} does not show what the record says")
        if (page["state"] == "kept") != ("This is the version of" in shown):
            wrong.append(f"{page['path']} does not say from when it is")
        text(f"{page['handle']}/found.csv")
    return wrong


def read_on(latest, stop, sender):
    """Look whenever another release is shown, and again and again meanwhile: to read without a
    pause would take the build a core."""
    wrong, times, shown, waited = [], 0, None, 0
    while not stop.wait(0.002):
        try:
            before, shown = shown, os.readlink(latest)
            waited = 0 if shown != before else waited + 1
            if waited % 20:
                continue
            release = os.open(latest, os.O_RDONLY | os.O_DIRECTORY)
            wrong += look(release)
            os.close(release)
        except (OSError, ValueError, KeyError) as error:
            wrong.append(repr(error))
        times += 1
    sender.send((wrong[:20], times))


@pytest.fixture
def reader(folder):
    """A process that opens the site again and again; gives what it found wrong, and how often."""
    context = get_context("fork")
    stop, (receiver, sender) = context.Event(), context.Pipe(duplex=False)
    process = context.Process(
        target=read_on, args=(folder / "site/latest", stop, sender)
    )
    process.start()

    def ask():
        stop.set()
        found = receiver.recv()
        process.join()
        return found

    yield ask
    process.kill()
    process.join()


def sentences(folder):
    record = releases.manifest(releases.latest(folder / "site"))
    return [e["findings"][0]["sentence"] for e in record["pages"]]


def steps_of(folder):
    """How many steps an undisturbed build has, tried on a copy."""
    copy = folder / "copy"
    for name in ("notebooks", "done", "site"):
        shutil.copytree(folder / name, copy / name, symlinks=True)
    shutil.copy(folder / "reports.toml", copy)
    assert disturbed(copy, 0, "kill") == 0
    return int((copy / "steps").read_text())


@pytest.mark.parametrize(
    "mode", ["kill", errno.ENOSPC, errno.EROFS], ids=["kill", "full", "ro"]
)
def test_a_fault_at_any_step_is_never_seen_and_the_next_build_makes_it_good(
    folder, mode, reader
):
    steps = steps_of(folder)
    assert steps >= 25
    pristine = folder / "pristine"
    shutil.copytree(folder / "site", pristine, symlinks=True)
    for at in range(1, steps + 1):
        code = disturbed(folder, at, mode)
        assert code in ((-signal.SIGKILL,) if mode == "kill" else (0, 1)), at
        shown = sentences(folder)
        assert all(s.startswith("Edition") for s in shown), at
        if mode == "kill":
            assert len({s.split()[1] for s in shown}) == 1, f"a mixture at step {at}"
        build(folder)  # and this one is not disturbed
        assert sentences(folder) == [f"Edition 2 of {h}." for h in HANDLES], at
        assert not list((folder / "site").glob(".staging/run/*")), at
        _back(folder / "site", pristine)
    wrong, times = reader()
    assert not wrong
    assert times > steps


def _back(out, pristine):
    """Show the first edition again, by a switch of the same kind."""
    first = releases.names(pristine)[0]
    link = out / ".latest-back"
    link.symlink_to(Path("releases", first), target_is_directory=True)
    os.replace(link, out / "latest")
    for name in (".standing", ".gate"):
        (out / name).unlink(missing_ok=True)


def test_a_build_goes_on_where_a_killed_one_stood(folder):
    (folder / "ran").unlink()
    steps = steps_of(folder)
    (folder / "copy/ran").unlink(missing_ok=True)
    (folder / "ran").unlink(missing_ok=True)
    assert disturbed(folder, steps - 8, "kill") == -signal.SIGKILL
    before = (folder / "ran").read_text().split()
    assert before == HANDLES
    build(folder)
    assert (folder / "ran").read_text().split() == before, "nothing was run again"
    assert sentences(folder) == [f"Edition 2 of {h}." for h in HANDLES]


def test_without_resume_and_after_a_change_a_killed_build_is_forgotten(folder):
    steps = steps_of(folder)
    disturbed(folder, steps - 8, "kill")
    (folder / "ran").unlink()
    edition(folder, 3)
    build(folder)
    assert (folder / "ran").read_text().split() == HANDLES
    assert sentences(folder) == [f"Edition 3 of {h}." for h in HANDLES]
    edition(folder, 4)
    (
        folder / "site/.gate"
    ).unlink()  # so that this build takes as many steps as were counted
    disturbed(folder, steps - 8, "kill")
    (folder / "ran").unlink()
    build(folder, resume=False)
    assert (folder / "ran").read_text().split() == HANDLES


def test_a_second_build_waits_for_the_first_and_a_dead_one_holds_nothing(
    folder, monkeypatch
):
    said, data = [], folder / "data"
    shutil.copytree(project.data(), data)
    monkeypatch.setenv("OUTCOMES_DATA", str(data))
    pid = os.fork()
    if pid == 0:
        with releases.lock(folder / "site", print):
            (folder / "held").touch()
            time.sleep(60)
    while not (folder / "held").exists():
        time.sleep(0.01)

    def say(sentence):
        said.append(sentence)
        # a table was put in place meanwhile: pages are judged by it, and not refused
        (data / "clean/areas.csv").touch()
        os.kill(pid, signal.SIGKILL)

    made = build(folder, say=say)
    os.waitpid(pid, 0)
    assert not made.failed
    assert said == ["Another build of this site is at work; waiting until it is done."]
    assert made.new


def test_a_release_that_is_shown_is_not_said_to_be_missing(folder, monkeypatch):
    """An old release that cannot be emptied, or a disk that fills up after the switch."""
    said = []

    def full(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr(releases, "prune", full)
    made = build(folder, say=said.append)
    assert made.new and (folder / "site/latest").resolve() == made.path
    (sentence,) = said
    assert "The release is made" in sentence and "No space left" in sentence


def test_old_releases_are_emptied_but_never_the_newest_good_one(folder):
    names = []
    for number in (2, 3):
        edition(folder, number)
        names.append(build(folder).path.name)
    (folder / "done/two.ipynb").unlink()
    for number in (4, 5, 6):
        edition(folder, number)
        done = parameters.load(folder / "done/two.ipynb")
        done["cells"][2]["outputs"][0]["data"] = {"image/png": ""}
        (folder / "done/two.ipynb").write_text(json.dumps(done))
        made = build(folder, keep=2)
        assert made.failed
    whole = [
        p.parent.name for p in sorted((folder / "site/releases").glob("*/index.html"))
    ]
    assert whole == [names[-1], *releases.names(folder / "site")[-2:]]
    for name in releases.names(folder / "site"):
        assert releases.manifest(folder / f"site/releases/{name}")["pages"]


FAULTS = {
    "exit": ("import sys; sys.exit(0)", "SystemExit"),
    "quiet": ("import os; os._exit(0)", "KernelDied"),
    "killed": ("import os; os.kill(os.getpid(), 9)", "KernelDied"),
    "crash": ("import os; os.kill(os.getpid(), 11)", "KernelDied"),
    "memory": ("x = bytearray(2**60)", "MemoryError"),
    "hangs": (
        "import signal, time; signal.signal(2, signal.SIG_IGN); time.sleep(99)",
        "Timeout",
    ),
    "gulps": ("x = bytearray(5 * 2**30)", "MemoryError"),
    "floods": ("while True: print('x' * 10**6)", "OutputLimit"),
    "fills": ("open('x', 'wb').write(bytes(60 * 2**20))", "OSError"),
    "spins": ("while True: pass", "Timeout"),
    "wrong": ("1 / 0", "ZeroDivisionError"),
    "shell": ("!false", "ShellCommand"),
    "interrupt": ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    "syntax": ("x = = 1", "SyntaxError"),
    "picture": ("import matplotlib.pyplot as p; p.plot([1])", "PageCheck"),
    "outside": (
        show(fact(), html="<figure><img src='https://a.example/x'></figure>"),
        "PageCheck",
    ),
}


def test_what_goes_wrong_in_a_kernel_is_named_and_the_last_good_page_stays(tmp_path):
    for name in [*FAULTS, "fine", "kernel"]:
        notebook(tmp_path / f"notebooks/{name}.ipynb", show(fact()), parameters=None)
    plan(tmp_path, "".join(entry(n, n, n.title()) for n in [*FAULTS, "fine", "kernel"]))
    found = plans.read(tmp_path / "reports.toml")
    options = {"out": tmp_path / "site", "workers": 2}
    site.build(found, found.resolve(), **options)
    for name, (cell, _) in FAULTS.items():
        notebook(
            tmp_path / f"notebooks/{name}.ipynb", show(fact()), cell, parameters=None
        )
    path = tmp_path / "notebooks/kernel.ipynb"
    path.write_text(path.read_text().replace('"python3"', '"ir"'))
    notebook(tmp_path / "notebooks/fine.ipynb", show(fact()), "1", parameters=None)
    found = replace(found, limits=found.limits._replace(seconds=15))
    made = site.build(found, found.resolve(), **options)
    errors = {e["handle"]: e["error"]["name"] for e in made.failed}
    # The name of another kernel, which an editor wrote there, is no fault: the page is built.
    assert errors == {n: name for n, (_, name) in FAULTS.items()}
    assert {e["state"] for e in made.failed} == {"kept"}
    for name in errors:
        page = (made.path / f"{name}.html").read_text()
        assert "10 of 42 shops" in page and "This is the version of" in page
    assert "This is the version of" not in (made.path / "fine.html").read_text()


def test_on_a_disk_that_is_truly_full_the_site_stays_and_the_command_says_why(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no small file system can be mounted here")
    try:
        notebook(tmp_path / "notebooks/demo.ipynb", show(fact()), parameters=None)
        plan(tmp_path, entry("demo", "demo", "Demo"))
        command = [
            sys.executable,
            "-m",
            "outcomes",
            "build",
            "--force",
            "--out",
            str(disk),
        ]
        first = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert first.returncode == 0, first.stderr
        shown = (disk / "latest").resolve()
        while (disk / "latest").resolve() == shown:
            full = disk / f"fill-{len(list(disk.iterdir()))}"
            spare = shutil.disk_usage(disk).free - 60_000
            full.write_bytes(b"x" * spare) if spare > 0 else None
            ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
            if ran.returncode:
                break
            shown = (disk / "latest").resolve()
        assert ran.returncode == 1
        assert "No space left on device" in ran.stderr + ran.stdout
        assert (disk / "latest").resolve() == shown
        assert "10 of 42" in (shown / "demo.html").read_text()
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_the_kernels_are_gone_when_a_build_breaks_off(tmp_path, monkeypatch):
    sleep = "import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(60)"
    notebook(tmp_path / "a.ipynb", sleep, parameters=None)
    notebook(tmp_path / "b.ipynb", "1", parameters=None)
    execute.prepare()
    jobs = [
        execute.Job(n, f"{tmp_path}/{n}.ipynb", {}, f"{tmp_path}/{n}.out.ipynb")
        for n in "ab"
    ]
    results = execute.run(jobs, workers=2)
    assert next(results).handle == "b"
    home = scratch.home()
    while not (told := [*home.glob("k-*/pid")]) or not (pid := told[0].read_text()):
        time.sleep(0.05)
    results.close()
    state = Path("/proc", pid, "stat")
    assert kernels.why_not_forked() or not state.exists() or ") Z " in state.read_text()
