"""How fast is a build, against the ways that are at hand? Prints medians of paired rounds.

    python benchmarks/bench_build.py [--sizes 7,28,112] [--rounds 3] [--methods ours,limit]

Methods, each on the same pages, one after the other in every round:

loop    ``papermill`` then ``jupyter nbconvert --to html``, as two commands for each page
pool    ``papermill.execute_notebook`` and nbconvert's exporter in a process pool, one per core
ours    ``outcomes build --force``: index, checks, tables and switch of the release included
limit   the cells as plain code in one warm process per core: no kernel, no page

CPU is that of the whole tree of processes. Another's work on the same machine shows in wall time.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from multiprocessing import get_context
from pathlib import Path

from outcomes.publish import parameters
from outcomes.publish import plan as plans

ROOT = Path(__file__).parents[1]
CORES = os.cpu_count() or 1
LIGHT = """
{"cells": [
 {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# A light page"},
 {"cell_type": "code", "id": "b", "metadata": {}, "outputs": [], "execution_count": null,
  "source": "import outcomes as oc\\nfrom outcomes import show\\nx = oc.places('district')"},
 {"cell_type": "code", "id": "c", "metadata": {}, "outputs": [], "execution_count": null, "source":
  "show.finding('areas', f'{len(x)} districts.', sources=['ONS'], table=x, caption='Areas')"},
 {"cell_type": "code", "id": "d", "metadata": {}, "outputs": [], "execution_count": null,
  "source": "show.provenance()"}],
 "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
 "nbformat": 4, "nbformat_minor": 5}
"""


def chosen(size: int, light: bool) -> list[tuple[Path, dict]]:
    """Notebooks and parameters: pages of the plan at even distances, again from its start when
    there are not enough; or one light page as often."""
    if light:
        path = Path(tempfile.mkdtemp(), "light.ipynb")
        path.write_text(LIGHT, encoding="utf-8")
        return [(path, {})] * size
    plan = plans.read(ROOT / "reports.toml")
    pages = parameters.for_pages(plan, plan.pages)
    step = max(1.0, len(pages) / size)
    some = [pages[int(i * step) % len(pages)] for i in range(size)]
    return [(plan.source(p), p.parameters) for p in some]


def loop(pages: list, folder: Path) -> None:
    for number, (source, given) in enumerate(pages):
        done = str(folder / f"{number}.ipynb")
        options = [w for n, v in given.items() for w in ("-y", json.dumps({n: v}))]
        papermill = [
            sys.executable,
            "-m",
            "papermill",
            "--no-progress-bar",
            str(source),
            done,
        ]
        _command([*papermill, *options])
        _command([sys.executable, "-m", "nbconvert", "--to", "html", done])


def pool(pages: list, folder: Path) -> None:
    jobs = [(str(s), g, str(folder / f"{n}.ipynb")) for n, (s, g) in enumerate(pages)]
    code = "import sys, json, bench_build; bench_build.pooled(json.load(sys.stdin))"
    _command([sys.executable, "-c", code], json.dumps(jobs))


def pooled(jobs: list) -> None:
    with get_context("spawn").Pool(CORES) as workers:
        workers.starmap(_pooled, jobs, chunksize=1)


def _pooled(source: str, given: dict, done: str) -> None:
    import papermill
    from nbconvert import HTMLExporter

    papermill.execute_notebook(source, done, parameters=given, progress_bar=False)
    Path(done).with_suffix(".html").write_text(HTMLExporter().from_filename(done)[0])


def ours(pages: list, folder: Path) -> None:
    text = ""
    for number, (source, given) in enumerate(pages):
        target = folder / f"notebooks/{source.stem}.ipynb"
        target.parent.mkdir(exist_ok=True)
        shutil.copy(source, target)
        values = ", ".join(f"{n} = {json.dumps(v)}" for n, v in given.items())
        text += f'[[page]]\nhandle = "page-{number}"\nnotebook = "{source.stem}"\n'
        text += f'title = "Page {number}"\nparameters = {{ {values} }}\n'
    (folder / "reports.toml").write_text(text)
    plan = ["--plan", str(folder / "reports.toml"), "--workers", str(CORES)]
    _command([sys.executable, "-m", "outcomes", "build", "--force", *plan])


def limit(pages: list, folder: Path) -> None:
    jobs = [(str(source), given) for source, given in pages]
    code = "import sys, json, bench_build; bench_build.plain(json.load(sys.stdin))"
    _command([sys.executable, "-c", code], json.dumps(jobs))


def plain(jobs: list) -> None:
    from outcomes.publish import kernels

    kernels.preload()
    with get_context("fork").Pool(CORES) as workers:
        workers.starmap(_plain, jobs, chunksize=1)


def _plain(source: str, given: dict) -> None:
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    shell.reset()
    for cell in parameters.load(Path(source))["cells"]:
        if cell["cell_type"] == "code":
            shown = shell.run_cell(parameters.source(cell), silent=True)
            shown.raise_error()
            getattr(shown.result, "_repr_mimebundle_", dict)()
            if "parameters" in cell["metadata"].get("tags", []):
                shell.push(given)


METHODS = {"loop": loop, "pool": pool, "ours": ours, "limit": limit}


def _command(words: list[str], given: str | None = None) -> None:
    env = os.environ | {f"{lib}_NUM_THREADS": "1" for lib in ("OMP", "OPENBLAS", "MKL")}
    env["PYTHONPATH"] = os.pathsep.join(
        filter(None, [str(Path(__file__).parent), *_path()])
    )
    done = subprocess.run(
        words, input=given, env=env, cwd=ROOT, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(
            f"{' '.join(words[:6])} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        )


def _path() -> list[str]:
    return [os.environ.get("PYTHONPATH", "")]


def measured(method: str, pages: list) -> dict:
    """CPU and wall seconds, and the peak of memory (proportional share) in MB."""
    stop, peak = threading.Event(), [0.0]
    watch = threading.Thread(target=_watch, args=(stop, peak))
    with tempfile.TemporaryDirectory() as folder:
        before, started = _cpu(), time.monotonic()
        watch.start()
        METHODS[method](pages, Path(folder))
        wall, cpu = time.monotonic() - started, _cpu() - before
        stop.set()
        watch.join()
    return {"cpu": cpu, "wall": wall, "peak": peak[0]}


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _watch(stop: threading.Event, peak: list) -> None:
    import psutil

    while not stop.wait(0.5):
        total = 0
        for process in psutil.Process().children(recursive=True):
            try:
                total += process.memory_full_info().pss
            except psutil.Error:
                continue
        peak[0] = max(peak[0], total / 1e6)


def report(name: str, rounds: list[dict]) -> None:
    """Medians for each method, and medians of the paired ratios to ours."""
    size = rounds[0]["size"]
    print(f"\n{name}: {size} pages, {len(rounds)} rounds, {CORES} cores")
    print("method   CPU s   a page    wall s   a page   peak MB   CPU/ours   wall/ours")
    for method in (m for m in METHODS if m in rounds[0]):
        cpu, wall, peak = (
            statistics.median(r[method][k] for r in rounds)
            for k in ("cpu", "wall", "peak")
        )
        ratio = [
            statistics.median(r[method][k] / r["ours"][k] for r in rounds)
            for k in ("cpu", "wall")
        ]
        print(
            f"{method:6}{cpu:8.1f}{cpu / size:9.2f}{wall:10.1f}{wall / size:9.2f}{peak:10.0f}"
            f"{ratio[0]:11.2f}{ratio[1]:12.2f}",
            flush=True,
        )


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--sizes", default="7,28,112")
    ask.add_argument("--rounds", type=int, default=3)
    ask.add_argument("--methods", default=",".join(METHODS))
    ask.add_argument("--light", type=int, default=7, help="light pages; 0 for none")
    given = ask.parse_args()
    methods = [m for m in METHODS if m in {"ours", *given.methods.split(",")}]
    runs = [
        ("The collection's own pages", int(s), False)
        for s in given.sizes.split(",")
        if s
    ]
    runs += [("A light page", given.light, True)] if given.light else []
    for name, size, light in runs:
        pages = chosen(size, light)
        rounds = [{"size": size} for _ in range(given.rounds)]
        for one in rounds:
            one |= {m: measured(m, pages) for m in methods}
        report(name, rounds)


if __name__ == "__main__":
    main()
