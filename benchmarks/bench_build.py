"""How fast is a build, against the ways that are at hand? Prints medians of paired rounds.

    python benchmarks/bench_build.py [--sizes 28] [--rounds 3] [--ways before,ours]

Ways, each on the same pages, one after the other in every round, each with nothing kept from before:

loop    ``papermill`` then ``jupyter nbconvert --to html``, as two commands for each page. Its pages
        share nothing, so each round makes a third of them and three rounds make each once
pool    ``papermill.execute_notebook`` and nbconvert's exporter in a process pool, one per core
before  ours of commit ac509d6: its library, its tables, its notebooks of the same pages
ours    ``outcomes build --force``: index, checks, tables and switch of the release included
limit   the cells as plain code in one warm process per core: no kernel, no page

Of the time of three rounds a third is the loop's and a third the pool's. ``--sizes 112 --ways ours
--rounds 1`` asks for the memory of many pages.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Callable
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from measuring import (
    BUILD,
    CORES,
    ROOT,
    Page,
    Taken,
    command,
    compiled,
    expect,
    former,
    heading,
    measured,
    median,
    pages,
    row,
)

_THIRD = 3
_SECONDS = {"loop": 4.3, "pool": 4, "before": 2, "ours": 1.5, "limit": 1}  # a page
Way = Callable[[list[Page], Path], None]


def loop(some: list[Page], folder: Path) -> None:
    for number, page in enumerate(some):
        done = str(folder / f"{number}.ipynb")
        words = ["-m", "papermill", "--no-progress-bar", page.source, done]
        for name, value in page.parameters.items():
            words += ["-y", json.dumps({name: value})]
        command([sys.executable, *words], kept=folder / "kept")
        command([sys.executable, "-m", "nbconvert", "--to", "html", done])


def pool(some: list[Page], folder: Path) -> None:
    jobs = [(*page[1:], str(folder / f"{n}.ipynb")) for n, page in enumerate(some)]
    _in_a_process("pooled", jobs, folder)


def pooled(jobs: list) -> None:
    with get_context("spawn").Pool(CORES) as workers:
        workers.starmap(_pooled, jobs, chunksize=1)


def _pooled(source: str, given: dict, done: str) -> None:
    import papermill
    from nbconvert import HTMLExporter

    papermill.execute_notebook(source, done, parameters=given, progress_bar=False)
    Path(done).with_suffix(".html").write_text(HTMLExporter().from_filename(done)[0])


def ours(some: list[Page], folder: Path, root: Path = ROOT) -> None:
    """``outcomes build`` of a plan that has these pages, by the library of ``root``."""
    command([*BUILD, "--force", "--plan", plan(some, folder)], root, folder / "kept")


def plan(some: list[Page], folder: Path) -> str:
    """The path of a plan in a folder of its own, its notebooks beside it."""
    text = ""
    for number, page in enumerate(some):
        source = Path(page.source)
        target = folder / "notebooks" / source.name
        target.parent.mkdir(exist_ok=True)
        shutil.copy(source, target)
        values = ", ".join(f"{n} = {json.dumps(v)}" for n, v in page.parameters.items())
        text += f'[[page]]\nhandle = "page-{number}"\nnotebook = "{source.stem}"\n'
        text += f'title = "Page {number}"\nparameters = {{ {values} }}\n'
    (folder / "reports.toml").write_text(text)
    return str(folder / "reports.toml")


def limit(some: list[Page], folder: Path) -> None:
    _in_a_process("plain", [page[1:] for page in some], folder)


def plain(jobs: list) -> None:
    from outcomes.publish import kernels

    kernels.preload()
    with get_context("fork").Pool(CORES) as workers:
        workers.starmap(_plain, jobs, chunksize=1)


def _plain(source: str, given: dict) -> None:
    from IPython.core.interactiveshell import InteractiveShell

    from outcomes.publish import parameters

    shell = InteractiveShell.instance()
    shell.reset()
    for cell in parameters.load(Path(source))["cells"]:
        if cell["cell_type"] == "code":
            # What a cell ends in is shown, so that its figure is drawn.
            shell.run_cell(parameters.source(cell), store_history=False).raise_error()
            if "parameters" in cell["metadata"].get("tags", []):
                shell.push(given)


def _in_a_process(function: str, jobs: list, folder: Path) -> None:
    code = (
        f"import sys, json, bench_build; bench_build.{function}(json.load(sys.stdin))"
    )
    command([sys.executable, "-c", code], kept=folder / "kept", given=json.dumps(jobs))


WAYS: dict[str, Way] = {
    "loop": loop,
    "pool": pool,
    "before": ours,
    "ours": ours,
    "limit": limit,
}


def chosen(size: int, old: dict[str, Page]) -> dict[str, list[Page]]:
    """Pages that both plans have, at even distances, again from the first when there are not
    enough: those of ours, and the same of the other."""
    mine = pages()
    handles = [handle for handle in mine if handle in old or not old]
    step = max(1.0, len(handles) / size)
    some = [handles[int(i * step) % len(handles)] for i in range(size)]
    return {"ours": [mine[h] for h in some], "before": [old[h] for h in some if old]}


def one_round(
    number: int, ways: list[str], some: dict[str, list[Page]], old: Path
) -> dict[str, Taken]:
    """What each way takes for a page."""
    found = {}
    for way in ways:
        its = some["before" if way == "before" else "ours"]
        its = its[number % _THIRD :: _THIRD] if way == "loop" else its
        run = partial(ours, root=old) if way == "before" else WAYS[way]
        took = _again_if_lost(partial(run, its))
        found[way] = Taken(took.cpu / len(its), took.wall / len(its), took.peak)
    return found


def _again_if_lost(run: Callable[[Path], object]) -> Taken:
    """What a way takes; once more when it fails, as in a pool a kernel may find that another has
    taken the port it was promised ("Kernel died before replying to kernel_info")."""
    try:
        return measured(run)
    except SystemExit as failed:
        print(f"Failed, and run once more: {failed}", file=sys.stderr)
        return measured(run)


def report(size: int, rounds: list[dict[str, Taken]]) -> None:
    """Medians of each way, and of the paired ratios to ours."""
    print(f"\n{size} pages of the collection, {len(rounds)} rounds, {CORES} cores\n")
    names = ("CPU s a page", "wall s a page", "peak MB", "CPU to ours", "wall to ours")
    heading("way", *names)
    for way in rounds[0]:
        cpu, wall, peak = (
            median(v) for v in zip(*(r[way] for r in rounds), strict=True)
        )
        ratios = [median(r[way].cpu / r["ours"].cpu for r in rounds)]
        ratios += [median(r[way].wall / r["ours"].wall for r in rounds)]
        row(way, cpu, wall, f"{peak:,.0f}", *ratios)


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--sizes", default="28")
    ask.add_argument("--rounds", type=int, default=3)
    ask.add_argument("--ways", default=",".join(WAYS))
    given = ask.parse_args()
    ways = [w for w in WAYS if w in {"ours", *given.ways.split(",")}]
    seconds = sum(_SECONDS[w] for w in ways) * given.rounds
    expect(sum(map(int, given.sizes.split(","))) * seconds / 60)
    compiled(ROOT)
    with former() as old:
        theirs = pages(old)
        for size in map(int, given.sizes.split(",")):
            some = chosen(size, theirs)
            rounds = [one_round(n, ways, some, old) for n in range(given.rounds)]
            report(size, rounds)


if __name__ == "__main__":
    main()
