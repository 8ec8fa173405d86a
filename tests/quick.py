"""The unit tests of what was changed and is not committed yet, or since BASE: ``make quick``.

Of a changed module they are those named after it (of ``data/schema.py`` ``test_schema.py`` and
``test_schema_frictionless.py``), where none is those that import it, and else those named after its
room; of a changed notebook its stored outputs. ``make test`` remains what has to pass.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def changed(base: str) -> list[Path]:
    """Paths that differ from ``base``, and those that git does not know yet."""
    asked = (
        ["diff", "--name-only", base],
        ["ls-files", "--others", "--exclude-standard"],
    )
    found = [
        subprocess.check_output(["git", *one], cwd=ROOT, text=True) for one in asked
    ]
    return [
        Path(line)
        for text in found
        for line in text.splitlines()
        if (ROOT / line).is_file()
    ]


def tests_of(path: Path, tests: list[Path]) -> list[Path]:
    """The test files of a changed file."""
    if path.match("tests/**/test_*.py") or path.match("tests/test_*.py"):
        return [path]
    if path.parts[0] != "lib" or path.suffix != ".py":
        return []
    imports = re.compile(rf"(?m)^(?:from|import) outcomes\b.*\b{path.stem}\b")
    return (
        _named(path.stem, tests)
        or [t for t in tests if imports.search((ROOT / t).read_text(encoding="utf-8"))]
        or _named(path.parent.name, tests)
    )


def _named(word: str, tests: list[Path]) -> list[Path]:
    return [t for t in tests if re.match(rf"test_{word}(_|\.)", t.name)]


def main(base: str = "HEAD") -> int:
    """Run them; the exit code of the first that fails."""
    tests = [t.relative_to(ROOT) for t in sorted(ROOT.glob("tests/**/test_*.py"))]
    paths = changed(base)
    chosen = sorted({str(t) for path in paths for t in tests_of(path, tests)})
    books = [str(p) for p in paths if p.match("notebooks/**/*.ipynb")]
    runs = [["-m", "not browser and not build", *chosen]] * bool(chosen)
    runs += [["--nbval", *books, "-p", "no:cacheprovider"]] * bool(books)
    if not runs:
        print("No module, test or notebook has changed.")
    for options in runs:
        code = subprocess.call(
            [sys.executable, "-m", "pytest", "-q", *options], cwd=ROOT
        )
        if code not in (0, 5):  # 5: nothing was left to run
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
