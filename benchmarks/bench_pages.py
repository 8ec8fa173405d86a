"""How light is a page, and how soon is the index seen, beside nbconvert's? Prints medians.

    python benchmarks/bench_pages.py [SITE] [--rounds 5]

SITE is a built site (default ``site``). Every notebook as it is stored, outputs and all, goes once
through ``nbconvert --to html`` (the default template, as a library, in this process); ours is the
first page of that notebook in the plan. First paint is Chromium's own ``first-paint`` entry for a
page opened from disk, by turns in each round, each in a window of its own. nbconvert's heaviest
page calls two outside hosts, which are cut off, as on a network without internet.
"""

import argparse
import json
import shutil
import statistics
import tempfile
from pathlib import Path

from nbconvert import HTMLExporter
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
]
PAINT = """() => new Promise((done) => {
  const told = () => performance.getEntriesByType("paint").find((e) => e.name === "first-paint");
  const look = () => (told() ? done(told().startTime) : setTimeout(look, 5));
  look();
})"""


def theirs(notebook: Path, folder: Path) -> Path:
    """nbconvert's page of a notebook."""
    page = folder / f"{notebook.stem}.html"
    page.write_text(HTMLExporter().from_filename(str(notebook))[0], encoding="utf-8")
    return page


def first_paint(browser, page: Path) -> float:
    """Milliseconds until the first paint of a page opened from disk."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.route("http*://**", lambda route: route.abort())
    tab = context.new_page()
    tab.goto(page.as_uri(), wait_until="commit")
    took = tab.evaluate(PAINT)
    context.close()
    return took


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    asked.add_argument("site", nargs="?", type=Path, default=ROOT / "site")
    asked.add_argument("--rounds", type=int, default=5)
    given = asked.parse_args()
    shown = (given.site / "latest").resolve()
    entries = json.loads((shown / "manifest.json").read_text(encoding="utf-8"))["pages"]
    first = {e["notebook"]: shown / e["path"] for e in reversed(entries)}
    folder = Path(tempfile.mkdtemp())
    pairs = [
        (page, theirs(ROOT / f"notebooks/{n}.ipynb", folder))
        for n, page in first.items()
    ]
    print("| notebook | ours, kB | nbconvert, kB | ratio |\n|---|---|---|---|")
    for mine, other in sorted(pairs):
        a, b = mine.stat().st_size / 1000, other.stat().st_size / 1000
        print(f"| {mine.stem} | {a:.0f} | {b:.0f} | {b / a:.1f} |")
    ratios = [other.stat().st_size / mine.stat().st_size for mine, other in pairs]
    sizes = [(shown / e["path"]).stat().st_size / 1000 for e in entries]
    print(f"ratio, median of {len(ratios)}: {statistics.median(ratios):.1f}")
    print(
        f"{len(sizes)} pages: median {statistics.median(sizes):.0f} kB, most {max(sizes):.0f} kB"
    )
    chromium = next(filter(None, map(shutil.which, NAMES)))
    heavy = max((other for _, other in pairs), key=lambda p: p.stat().st_size)
    times: dict[Path, list[float]] = {
        shown / "index.html": [],
        pairs[0][0]: [],
        heavy: [],
    }
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=QUIET)
        first_paint(
            browser, shown / "index.html"
        )  # the browser's own start is nobody's page
        for _ in range(given.rounds):
            for page, took in times.items():
                took.append(first_paint(browser, page))
    for name, took in zip(
        ("index", "a page", "nbconvert's page"), times.values(), strict=True
    ):
        print(f"first paint, {name}: {statistics.median(took):.0f} ms")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
