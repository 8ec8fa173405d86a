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
_KEPT = {"display_data", "execute_result", "stream"}


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
        (c["id"], [o.get("name") for o in c.get("outputs", [])]) for c in clean["cells"]
    ]
    noise = [cell for cell, names in noisy if "stderr" in names]
    if noise:
        return failure("Noise", f"cells {', '.join(noise)} print to the error stream")
    write(notebook, clean)
    return None


def normalise(notebook: dict) -> dict:
    """``notebook`` with only what a reader or a test needs, in a fixed order."""
    cells = [_cell(c, at) for at, c in enumerate(notebook["cells"], start=1)]
    count = 0
    for cell in cells:
        if cell["cell_type"] == "code":
            count += 1
            cell["execution_count"] = count
            cell["outputs"] = [_output(o, count) for o in cell["outputs"]]
    return {"cells": cells, "metadata": _KERNEL, "nbformat": 4, "nbformat_minor": 5}


def is_normalised(notebook: Path) -> bool:
    """Whether a notebook holds what :func:`store` keeps, whatever its results are."""
    stored = load(notebook)
    return normalise(stored) == stored


def write(notebook: Path, content: dict) -> None:
    """Write a notebook as JSON with sorted keys, replacing the old file in one step."""
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    releases.put(notebook, text)


def _cell(cell: dict, at: int) -> dict:
    tags = cell.get("metadata", {}).get("tags")
    out = {
        "cell_type": cell["cell_type"],
        "id": cell.get("id", f"cell-{at:02}"),
        "metadata": {"tags": tags} if tags else {},
        "source": _lines("".join(cell["source"]).rstrip()),
    }
    if cell["cell_type"] == "code":
        out |= {"execution_count": None, "outputs": cell.get("outputs", [])}
    return out


def _output(output: dict, count: int) -> dict:
    if output["output_type"] not in _KEPT:
        return output
    if output["output_type"] == "stream":
        return output | {"text": _lines("".join(output["text"]))}
    data = {
        k: v if k.endswith("json") else _lines("".join(v))
        for k, v in output["data"].items()
    }
    if "image/svg+xml" in data:
        data.pop("image/png", None)
    out = {"data": data, "metadata": {}, "output_type": output["output_type"]}
    return out | (
        {"execution_count": count} if out["output_type"] == "execute_result" else {}
    )


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)
