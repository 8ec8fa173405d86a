"""Take the pictures of the README anew: a page and the explorer, small enough for git.

    python tests/pictures_tool.py [--site site/latest] [--dark] [FOLDER]

FOLDER is docs unless another is named, in which to look at them first; `--dark` takes them as a
dark theme shows them. A Chromium is needed, and a built site.
"""

import argparse
import io
import tempfile
from pathlib import Path

from PIL import Image

import lab_driver as driver
from outcomes.explore import served

ROOT = Path(__file__).parents[1]
SIZE = {"width": 1280, "height": 840}
SHOWN = 960  # pixels wide in the README
COLOURS = 128


def keep(tab, file: Path) -> None:
    """Store what a tab shows, made smaller, in few colours."""
    picture = Image.open(io.BytesIO(tab.screenshot())).convert("RGB")
    height = round(picture.height * SHOWN / picture.width)
    small = picture.resize((SHOWN, height), Image.Resampling.LANCZOS)
    small = small.quantize(COLOURS, dither=Image.Dither.NONE)
    small.save(file, optimize=True)
    print(
        f"{file}: {small.width} × {small.height}, {file.stat().st_size / 1000:.0f} kB"
    )


def take(site: Path, folder: Path, scheme: str) -> None:
    """Take each picture: pages from a built site, the explorer as it is served."""
    folder.mkdir(parents=True, exist_ok=True)
    with driver.browser() as chromium, tempfile.TemporaryDirectory() as own:
        tab = chromium.new_page(viewport=SIZE, color_scheme=scheme)
        tab.goto((site / "op-sceptre/2023-11.html").resolve().as_uri())
        keep(tab, folder / "page.png")
        notebook = served.write_notebook(Path(own))
        command = served.command(notebook, host="127.0.0.1", port=0, browser=False)
        words = [word for word in command[1:] if not word.startswith("--port")]
        with driver.served(words, Path(own)) as address:
            tab.set_default_timeout(180_000)
            tab.goto(address)
            tab.locator("figure.finding").wait_for()
            tab.wait_for_timeout(2000)
            keep(tab, folder / "explore.png")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "docs")
    parser.add_argument("--site", type=Path, default=ROOT / "site/latest")
    parser.add_argument("--dark", action="store_true")
    given = parser.parse_args()
    take(given.site, given.folder, "dark" if given.dark else "light")
