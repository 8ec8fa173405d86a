"""The Nu HTML checker over the pages of a release: ``make html VNU=path/to/vnu.jar``.

The checker is the one of the W3C (https://validator.github.io/validator/). It needs Java and a jar
that is no package of Python, so the suite holds pages to the same rules by itself
(:mod:`outcomes.publish.html_checks`), and this asks the checker where it is at hand.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

SITE = Path(__file__).parents[1] / "site" / "latest"


def missing() -> str:
    """What the checker lacks on this machine, in a sentence; "" when it can be run."""
    if not shutil.which("java"):
        return "Not checked: java is not on the path."
    if not Path(os.environ.get("VNU", "")).is_file():
        return "Not checked: VNU names no vnu.jar (make html VNU=path/to/vnu.jar)."
    return ""


def errors(site: Path) -> list[str]:
    """What the checker finds in the HTML files of a folder, a line each."""
    command = ["java", "-jar", os.environ["VNU"], "--format", "gnu", "--errors-only"]
    command += ["--skip-non-html", str(site)]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stderr.splitlines()


def main() -> None:
    """Check the release that ``make reports`` shows, or a folder that is named."""
    if why := missing():
        print(why)
        return
    site = Path(sys.argv[1]).resolve() if sys.argv[1:] else SITE.resolve()
    found = errors(site)
    print("\n".join(found[:50]))
    pages = len(list(site.rglob("*.html")))
    print(f"{len(found)} errors on {pages} pages of {site.name}.")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
