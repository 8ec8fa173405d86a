"""Pages as PDF, printed by a Chromium that is on this machine."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

from outcomes.core.errors import Invalid

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
_SECONDS = 120  # for one page


def browser() -> str:
    """The command of a Chromium on this machine.

    Raises
    ------
    Invalid : when there is none.
    """
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise Invalid(
            f"no browser that prints was found ({', '.join(BROWSERS)}): install Chromium, or "
            "print the page from your own browser, which gives the same sheets."
        )
    return found


def write(
    release: Path,
    paths: Iterable[str],
    folder: Path,
    tell: Callable[[Path], None] = lambda file: None,
) -> list[Path]:
    """Print pages of a release into PDF files of a folder, under the pages' own names.

    Raises
    ------
    Invalid : when there is no browser, or it does not print a page.
    """
    command = [browser(), "--headless", "--disable-gpu", "--no-pdf-header-footer"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--no-sandbox")  # which Chromium refuses to run without as root
    made = []
    for path in paths:
        file = (folder / path).with_suffix(".pdf").resolve()
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        address = (release / path).resolve().as_uri()
        asked = [*command, f"--print-to-pdf={file}", address]
        try:
            done = subprocess.run(asked, capture_output=True, timeout=_SECONDS)
        except subprocess.TimeoutExpired:
            raise Invalid(
                f"{path} was not printed within {_SECONDS} seconds."
            ) from None
        if not file.is_file():
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise Invalid(
                f"{path} was not printed: {(said or ['no reason given'])[-1]}"
            )
        tell(file)
        made.append(file)
    return made
