"""How long from a control's change to the new chart, beside the same chart drawn by hand?

    python benchmarks/bench_explore.py [--rounds 12]

Both are measured in a JupyterLab in Chromium, from the key or the choice to the moment the new
picture is decoded: a choice in ``explore`` (chart, table, sentence and all reasons), and a cell of
hand-written pandas and seaborn that is run with Ctrl+Enter after its word is changed. The hand's
data are loaded beforehand. Rounds are paired: one of each, in turn.
"""

import argparse
import json
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import lab_driver as driver  # noqa: E402

LOAD = """import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
quarterly = pd.read_parquet(r"{data}/clean/crime_quarterly.parquet")
figures = pd.read_csv(r"{data}/clean/figures.csv", parse_dates=["period_start", "period_end"])
"""
LINE = """groups = {"Trafficking": ["92A"], "Robbery": ["34A", "34B"], "Shoplifting": ["46"]}
rows = quarterly[(quarterly.force == "lancashire") & quarterly.offence.isin(groups[what])]
rows = rows.groupby("quarter", as_index=False)["n"].sum()
fig, ax = plt.subplots(figsize=(5.6, 3.2))
sns.lineplot(rows, x="quarter", y="n", ax=ax)
ax.set(xlabel="", ylabel="", title=what + " offences by quarter", ylim=(0, None))
plt.show()"""
STEM = """measure = what.lower().replace(" ", "_")
rows = figures[(figures.programme == "op_warrior") & (figures.measure == measure)]
rows = rows[rows.area == "lancashire"].dropna(subset=["period_end"]).drop_duplicates("fact")
fig, ax = plt.subplots(figsize=(5.6, 1.75))
ax.vlines(rows.period_end, 0, rows.value)
sns.scatterplot(rows, x="period_end", y="value", ax=ax)
ax.set(xlabel="", ylabel="", title="Lancashire: " + what.lower())
plt.show()"""
CASES = {
    "line": (
        {"programme": "recorded_crime", "by": "quarter"},
        LINE,
        ["Trafficking", "Robbery"],
    ),
    "stems": (
        {"programme": "op_warrior"},
        STEM,
        ["Arrests", "Cash seized", "Drugs seized"],
    ),
}
# resolves with the milliseconds from `act` to a picture that is another one, and decoded
WAIT = """async ([selector, act]) => {
  const now = () => [...document.querySelectorAll(selector)].at(-1);
  const old = now() ? now().src : "";
  window.began = performance.now();
  if (act) { const s = [...document.querySelectorAll(".oc-explore select")][1];
             s.selectedIndex = [...s.options].findIndex(o => o.value === act);
             s.dispatchEvent(new Event("change", {bubbles: true})); }
  for (;;) {
    const image = now();
    if (image && image.src !== old) { await image.decode(); return performance.now() - began; }
    await new Promise(done => requestAnimationFrame(done));
  }
}"""


def cells(wish: dict, code: str) -> dict:
    sources = [
        LOAD.format(data=(ROOT / "data").as_posix()),
        f"import outcomes as oc\noc.explore.open(**{wish!r})",
        f'what = ""\n{code}',
    ]
    made = [
        {"cell_type": "code", "id": f"c{at}", "metadata": {}, "outputs": []}
        | {"execution_count": None, "source": source}
        for at, source in enumerate(sources)
    ]
    kernel = {
        "kernelspec": {
            "name": "python3",
            "display_name": "Python 3",
            "language": "python",
        }
    }
    return {"cells": made, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}


def by_hand(tab, word: str) -> float:
    """Change the word in the last cell, run it, and wait for its picture."""
    editor = tab.locator(".jp-CodeCell").last.locator(".cm-line").first
    editor.click()
    tab.keyboard.press("Home")
    tab.keyboard.press("Shift+End")
    tab.keyboard.type(f'what = "{word}"')
    waiting = tab.evaluate_handle(
        f"() => ({{done: ({WAIT})(['.jp-OutputArea-output img[src^=\"data:image/png\"]', ''])}})"
    )
    tab.keyboard.press("Control+Enter")
    return tab.evaluate("async handle => await handle.done", waiting)


def measure(tab, words: list[str], rounds: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {"explore": [], "hand": []}
    for at in range(rounds + 2):
        word = words[(at + 1) % len(words)]
        took = {
            "explore": tab.evaluate(
                WAIT, [".oc-explore figure img[src^='data:image/svg']", word]
            ),
            "hand": by_hand(tab, word),
        }
        if at >= 2:  # the first of each loads what is loaded once
            for name, value in took.items():
                times[name].append(value)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=12)
    rounds = parser.parse_args().rounds
    home = Path(tempfile.mkdtemp())
    env = {"PYTHONPATH": str(ROOT / "lib"), "OUTCOMES_DATA": str(ROOT / "data")}
    print("| chart | explore, ms | by hand, ms | ratio |\n|---|---|---|---|")
    with driver.lab(home, home, **env) as address, driver.browser() as chrome:
        for name, (wish, code, words) in CASES.items():
            (home / f"{name}.ipynb").write_text(
                json.dumps(cells(wish, code)), encoding="utf-8"
            )
            tab = chrome.new_page(viewport={"width": 1400, "height": 1600})
            driver.open_notebook(tab, address, f"{name}.ipynb")
            driver.run_all(tab)
            tab.wait_for_selector(".oc-explore figure img[src^='data:image/svg']")
            tab.wait_for_timeout(3000)
            times = measure(tab, words, rounds)
            ours, theirs = (statistics.median(times[n]) for n in ("explore", "hand"))
            print(
                f"| {name} | {ours:.0f} | {theirs:.0f} | {ours / theirs:.2f} |",
                flush=True,
            )
            tab.close()
    shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
