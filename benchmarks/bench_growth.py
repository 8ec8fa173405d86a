"""Does a build grow with its pages only? Seconds a page, memory, and a build with nothing to do.

    python benchmarks/bench_growth.py [--sizes 68 250 1000] [--rounds 1]

Light pages: one notebook that reads the districts and shows them. Medians of rounds.
"""

import argparse
from pathlib import Path

from bench_build import plan
from measuring import (
    BUILD,
    ROOT,
    Page,
    Taken,
    command,
    compiled,
    expect,
    heading,
    measured,
    median,
    row,
)

LIGHT = """
{"cells": [
 {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# A light page"},
 {"cell_type": "code", "id": "b", "metadata": {}, "outputs": [], "execution_count": null,
  "source": "import outcomes as oc\\noc.page(area=oc.collection.force)"},
 {"cell_type": "code", "id": "c", "metadata": {}, "outputs": [], "execution_count": null,
  "source": "x = oc.places('district')"},
 {"cell_type": "code", "id": "e", "metadata": {}, "outputs": [], "execution_count": null, "source":
  "oc.finding('areas', f'Of {len(x)}.', table=x, caption='Districts', sources=['ONS'])"},
 {"cell_type": "code", "id": "d", "metadata": {}, "outputs": [], "execution_count": null,
  "source": "oc.provenance()"}],
 "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
 "nbformat": 4, "nbformat_minor": 5}
"""


def grown(size: int) -> tuple[Taken, Taken]:
    """A build of so many pages, and the same again with nothing to do."""
    idle: list[Taken] = []

    def build(folder: Path) -> None:
        notebook = folder / "light.ipynb"
        notebook.write_text(LIGHT, encoding="utf-8")
        words = [*BUILD, "--plan", plan([Page("", str(notebook), {})] * size, folder)]
        idle.append(measured(lambda _: command(words)))
        idle.append(measured(lambda _: command(words)))

    measured(build)
    return idle[0], idle[1]


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--sizes", type=int, nargs="+", default=[68, 250, 1000])
    ask.add_argument("--rounds", type=int, default=1)
    given = ask.parse_args()
    expect(sum(given.sizes) * given.rounds * 0.3 / 60)
    compiled(ROOT)
    names = ("CPU s a page", "wall s a page", "peak MB", "nothing to do, wall s")
    heading("light pages", *names)
    for size in given.sizes:
        rounds = [grown(size) for _ in range(given.rounds)]
        cpu, wall, peak = (median(v) for v in zip(*(b for b, _ in rounds), strict=True))
        idle = median(i.wall for _, i in rounds)
        row(
            f"{size:,}", f"{cpu / size:.3f}", f"{wall / size:.3f}", f"{peak:,.0f}", idle
        )


if __name__ == "__main__":
    main()
