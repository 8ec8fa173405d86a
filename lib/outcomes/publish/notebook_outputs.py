"""Stored outputs: every notebook is run at its defaults, and what it shows is kept in git.

The regression tests (nbval) compare a fresh run with what is stored, so outputs are stored whole
and normalised: no time stamps, no warnings, the same bytes for the same results.
"""

import json
from pathlib import Path

from outcomes.publish import releases
from outcomes.publish.execute import Job, execute, failure
from outcomes.publish.parameters import load

_KERNEL = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def store(notebook: Path, scratch: Path) -> dict | None:
    """Run ``notebook`` at its defaults and store its outputs in it, normalised.

    Returns None, or the record of the failure; a notebook that fails is left as it was.
    """
    output = scratch / notebook.name
    result = execute(Job(notebook.stem, str(notebook), {}, str(output)))
    if result.error is not None:
        return result.error
    clean = normalise(load(output))
    noisy = [
        cell["id"]
        for cell in clean["cells"]
        if any(out.get("name") == "stderr" for out in cell.get("outputs", []))
    ]
    if noisy:
        return failure("Noise", f"cells {', '.join(noisy)} print to the error stream")
    write(notebook, clean)
    return None


def normalise(notebook: dict) -> dict:
    """``notebook`` with only what a reader or a test needs, in a fixed order."""
    cells, count = [], 0
    for number, cell in enumerate(notebook["cells"], start=1):
        tags = cell.get("metadata", {}).get("tags")
        clean = {
            "cell_type": cell["cell_type"],
            "id": cell.get("id", f"cell-{number:02}"),
            "metadata": {"tags": tags} if tags else {},
            "source": "".join(cell["source"]).rstrip().splitlines(keepends=True),
        }
        if cell["cell_type"] == "code":
            count += 1
            clean["execution_count"] = count
            outputs = cell.get("outputs", [])
            clean["outputs"] = [_normalised(output, count) for output in outputs]
        cells.append(clean)
    return {"cells": cells, "metadata": _KERNEL, "nbformat": 4, "nbformat_minor": 5}


def without_outputs(notebook: Path) -> dict:
    """A notebook as it is published: its cells and their tags, without outputs and counts."""
    clean = normalise(load(notebook))
    for cell in clean["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"execution_count": None, "outputs": []}
    return clean


def is_normalised(notebook: Path) -> bool:
    """Whether a notebook holds what :func:`store` keeps, whatever its results are."""
    stored = load(notebook)
    return normalise(stored) == stored


def write(notebook: Path, content: dict) -> None:
    """Write a notebook as JSON with sorted keys, replacing the old file in one step."""
    releases.write_whole(notebook, stored(content))


def stored(content: dict) -> str:
    """A notebook as the text of its file."""
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _normalised(output: dict, count: int) -> dict:
    """An output without metadata; a picture as SVG alone where it is there in both forms."""
    kind = output["output_type"]
    if kind == "stream":
        text = "".join(output["text"]).splitlines(keepends=True)
        return {**output, "text": text}
    if kind not in ("display_data", "execute_result"):
        return output
    data = {
        mime: value
        if mime.endswith("json")
        else "".join(value).splitlines(keepends=True)
        for mime, value in output["data"].items()
        if not (mime == "image/png" and "image/svg+xml" in output["data"])
    }
    clean = {"data": data, "metadata": {}, "output_type": kind}
    if kind == "execute_result":
        clean["execution_count"] = count
    return clean
