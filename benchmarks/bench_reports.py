"""Each report run in an ordinary kernel, beside its charts drawn by plain pandas and seaborn.

    python benchmarks/bench_reports.py [--rounds 3] [op_warrior fraud ...]

The report: all its cells, run one after the other as JupyterLab's Run All does, in a fresh kernel of
the usual kind. By hand: its tables read by pandas, filtered as the report filters them, and for each of
its charts one by seaborn with as many axes, the same lines, points and bars and a title, in a fresh
kernel of the same kind; no statistics, no words, no tables. A person who draws by hand draws all lines
of axes by one call, and what has two ends or is one bar by matplotlib: so is it done here.

The cells by hand are written from what the report drew in a run before the rounds, which also tells
what the first run takes, with nothing kept. Seconds are those of the kernel's CPU, so that a busy
machine tells nearly the same. Imports count for both, the start of the kernel for neither.
"""

import argparse
import json
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path

import nbformat
import psutil
from nbclient import NotebookClient

from measuring import ROOT, compiled, expect, heading, median, row

# Run before a report: keeps what each of its figures draws.
LISTEN = """
from outcomes.findings import theme as _theme
_seen, _svg = [], _theme.svg
def _told(drawn):
    figure = _theme.figure_of(drawn)
    _seen.append([{"title": ax.get_title(loc="left") or ax.get_title(),
        "lines": [line.get_xydata().tolist() for line in ax.lines],
        "points": [m.get_offsets().tolist() for m in ax.collections if len(m.get_offsets()) > 1],
        "bars": [[(b.get_y(), b.get_width()) if held.orientation == "horizontal"
                  else (b.get_x(), b.get_height()) for b in held] for held in ax.containers
                 if hasattr(held, "patches")],
        "orient": ["h" if held.orientation == "horizontal" else "v" for held in ax.containers
                   if hasattr(held, "patches")]} for ax in figure.axes])
    return _svg(drawn)
_theme.svg = _told
"""
TELL = """
import json as _json
from outcomes.data import tables as _tables
with open(r"{file}", "w") as _out:
    _json.dump({{"figures": _seen, "reads": _tables.reads()}}, _out, default=float)
"""
START = """
import json
import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
told = json.load(open(r"{file}"))
frames = {{}}
for name in sorted({{each["table"] for each in told["reads"]}}):
    path = r"{data}/clean/" + name
    try:
        frames[name] = pd.read_parquet(path + ".parquet")
    except FileNotFoundError:
        frames[name] = pd.read_csv(path + ".csv")
for each in told["reads"]:
    rows = frames[each["table"]]
    for column, value in each["where"].items():
        rows = rows[rows[column].isin(value if isinstance(value, list) else [value])]
"""
CHART = """
told_axes = told["figures"][{number}]
fig, axes = plt.subplots(len(told_axes), figsize=(5, 3.2 * len(told_axes)), squeeze=False)
for ax, each in zip(axes.flat, told_axes):
    short = [line for line in each["lines"] if len(line) < 3]
    for line in short:
        ax.plot([x for x, _ in line], [y for _, y in line])
    lines = {{n: line for n, line in enumerate(each["lines"]) if line not in short}}
    if lines:
        rows = [(n, x, y) for n, line in lines.items() for x, y in line]
        rows = pd.DataFrame(rows, columns=["line", "x", "y"])
        sns.lineplot(rows, x="x", y="y", hue="line", palette=sns.color_palette(n_colors=len(lines)),
            estimator=None, legend=False, ax=ax)
    for points in each["points"]:
        sns.scatterplot(pd.DataFrame(points, columns=["x", "y"]), x="x", y="y", ax=ax)
    for bars, orient in zip(each["bars"], each["orient"]):
        at, size = zip(*bars)
        if len(bars) == 1:
            ax.barh(at, size) if orient == "h" else ax.bar(at, size)
        elif orient == "h":
            sns.barplot(x=size, y=at, orient="h", errorbar=None, ax=ax)
        else:
            sns.barplot(x=at, y=size, errorbar=None, ax=ax)
    ax.set(title=each["title"], xlabel="", ylabel="")
plt.show()
"""


@contextmanager
def surroundings(kept: Path):
    """What a kernel of JupyterLab in this project is started with."""
    given = {"PYTHONPATH": str(ROOT / "lib"), "OUTCOMES_KEPT": str(kept)}
    before = os.environ.copy()
    os.environ.update(given)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def seconds(notebook: nbformat.NotebookNode, folder: Path) -> float:
    """Of CPU, from the first cell to the end of the last, in a fresh kernel."""
    metadata = {"path": str(folder)}
    client = NotebookClient(
        notebook, kernel_name="python3", resources={"metadata": metadata}
    )
    with client.setup_kernel():
        kernel = psutil.Process(client.km.provisioner.process.pid)
        before = kernel.cpu_times()
        for number, cell in enumerate(notebook.cells):
            client.execute_cell(cell, number)
        after = kernel.cpu_times()
    return after.user + after.system - before.user - before.system


def of_code(*sources: str) -> nbformat.NotebookNode:
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    return nbformat.v4.new_notebook(cells=cells)


def one_report(source: Path, rounds: int, scratch: Path) -> list[float]:
    """Charts; seconds of the first run, of later ones, by hand; and the ratio of the last two."""
    file = scratch / f"{source.stem}.json"
    report = nbformat.read(source, 4)
    told = of_code(LISTEN, *(c.source for c in report.cells if c.cell_type == "code"))
    told.cells += of_code(TELL.format(file=file)).cells
    first = seconds(told, source.parent)
    charts = json.loads(file.read_text())["figures"]
    start = START.format(file=file, data=(ROOT / "data").as_posix())
    drawn = [CHART.format(number=number) for number in range(len(charts))]
    pairs = []
    for _ in range(rounds):
        again = seconds(nbformat.read(source, 4), source.parent)
        pairs.append((again, seconds(of_code(start, *drawn), scratch)))
    later, hand = (median(its) for its in zip(*pairs, strict=True))
    return [len(charts), first, later, hand, median(a / b for a, b in pairs)]


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("names", nargs="*", help="notebooks; by default every report")
    ask.add_argument("--rounds", type=int, default=3)
    given = ask.parse_args()
    compiled(ROOT)
    found = [
        p
        for room in ("programmes", "county")
        for p in (ROOT / "notebooks" / room).glob("*.ipynb")
    ]
    found = [p for p in sorted(found) if not given.names or p.stem in given.names]
    expect(len(found) * (5 + 9 * given.rounds) / 60)
    heading("report", "charts", "first run, s", "later, s", "by hand, s", "ratio")
    ratios = []
    with tempfile.TemporaryDirectory() as folder, surroundings(Path(folder, "kept")):
        for source in found:
            charts, *numbers = one_report(source, given.rounds, Path(folder))
            ratios.append(numbers[-1])
            row(source.stem, f"{charts:.0f}", *numbers)
    print(f"ratio, median of {len(ratios)} reports: {median(ratios):.2f}")


if __name__ == "__main__":
    main()
