"""Small notebooks for the publisher's tests: a heading, parameters, findings, the provenance."""

import json
from pathlib import Path

from outcomes.core.mime import FINDING, PROVENANCE

PARAMETERS = (
    'wave = "2023-11"  # month: the week of action\n'
    "confidence = 0.95  # probability: width"
)
END = f'display({{"text/plain": "End of page.", "{PROVENANCE}": {{"reads": []}}}}, raw=True)'


def fact(name="found", sentence="10 of 42 shops sold a knife.", **changes) -> dict:
    """The JSON of a finding, in the show room's form."""
    columns = [
        {"key": "shop", "label": "shop", "unit": ""},
        {"key": "n", "label": "n", "unit": "shops"},
    ]
    return {
        "name": name,
        "sentence": sentence,
        "value": 23.8,
        "lower": 13.5,
        "upper": 38.5,
        "unit": "%",
        "period": "November 2023",
        "area": "lancashire",
        "direction": "fewer",
        "verdict": "estimate",
        "headline": True,
        "caveats": [],
        "sources": [
            {
                "source": "s1",
                "publisher": "Lancashire PCC",
                "title": "Annual report",
                "url": "https://example.org/report",
                "published": "14 June 2024",
            }
        ],
        "caption": "Shops",
        "table": {"columns": columns, "rows": [["=1+1", 10], ["corner", -3.5]]},
    } | changes


def show(one: dict, html: str | None = None) -> str:
    """A code cell that shows a finding."""
    body = f'<p class="sentence">{one["sentence"]}</p>'
    html = (
        html
        or f'<figure class="finding {one["verdict"]}" id="{one["name"]}">{body}</figure>'
    )
    bundle = {"text/plain": one["sentence"], "text/html": html, FINDING: one}
    return f"import json\ndisplay(json.loads({json.dumps(json.dumps(bundle))!s}), raw=True)"


def notebook(
    path: Path, *cells: str, parameters: str | None = PARAMETERS, end: str = END
) -> Path:
    """Write a notebook; a cell that starts with "#!" is markdown from there on."""
    made = [_cell("#!# Title of the notebook"), _cell("#!What is asked here?")]
    if parameters is not None:
        made.append(_cell(parameters) | {"metadata": {"tags": ["parameters"]}})
    made += [_cell(c) for c in (*cells, *([end] if end else []))]
    for at, cell in enumerate(made):
        cell["id"] = f"c{at}"
    kernel = {
        "kernelspec": {
            "name": "python3",
            "display_name": "Python 3",
            "language": "python",
        }
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"cells": made, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def _cell(text: str) -> dict:
    if text.startswith("#!"):
        return {"cell_type": "markdown", "metadata": {}, "source": text[2:]}
    return {
        "cell_type": "code",
        "metadata": {},
        "source": text,
        "outputs": [],
        "execution_count": None,
    }


def plan(folder: Path, text: str) -> Path:
    """Write a plan beside the notebooks."""
    (folder / "reports.toml").write_text(text, encoding="utf-8")
    return folder / "reports.toml"


def entry(handle="demo", notebook="programmes/demo", title="Demo", **more) -> str:
    """One [[page]] of a plan."""
    fields = {"handle": handle, "notebook": notebook, "title": title} | more
    return "[[page]]\n" + "".join(f"{k} = {_toml(v)}\n" for k, v in fields.items())


def _toml(value) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {_toml(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value)
