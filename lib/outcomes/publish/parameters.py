"""The parameters of a notebook: read from its tagged cell, and checked before a kernel starts.

papermill reports on the default, and exits 0, when a parameter's name is misspelled. So names and
values are checked here against the cell tagged ``parameters``, whose lines read
``name = default  # vocabulary: explanation``, and against the data.
"""

import ast
import io
import json
import math
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from outcomes.core.errors import Invalid, one_of
from outcomes.publish.plan import Page, Plan

_YES_NO = {"yes": True, "true": True, "no": False, "false": False}
_KINDS = {
    bool: "yes or no",
    int: "a whole number",
    float: "a number",
    str: "text",
    list: "a list",
}


@dataclass(frozen=True)
class Parameter:
    """One declared parameter: its default, the vocabulary of its values, what it means."""

    name: str
    default: Any
    vocabulary: str = ""
    explanation: str = ""


def source(cell: Mapping) -> str:
    """The text of a notebook cell, which the format allows to be text or a list of lines."""
    return "".join(cell.get("source", ""))


def tagged(cell: Mapping, tag: str) -> bool:
    """Whether a notebook cell has a tag."""
    return tag in cell.get("metadata", {}).get("tags", [])


def load(notebook: Path) -> dict:
    """A notebook file as plain JSON; raises :class:`Invalid` when it is not one."""
    try:
        found = json.loads(Path(notebook).read_text(encoding="utf-8"))
        if not isinstance(found["cells"], list):
            raise TypeError("cells")
    except FileNotFoundError:
        raise Invalid(f"notebook {str(notebook)!r} does not exist.") from None
    except (ValueError, KeyError, TypeError):
        raise Invalid(
            f"{Path(notebook).name} is not a notebook that can be read."
        ) from None
    return found


def declared(notebook: Path) -> dict[str, Parameter]:
    """The parameters a notebook declares, by name, in order. Nothing is executed."""
    name = Path(notebook).name
    found = [
        source(cell) for cell in load(notebook)["cells"] if tagged(cell, "parameters")
    ]
    if not found:
        return {}
    if len(found) > 1:
        raise Invalid(
            f"{name} has {len(found)} cells tagged 'parameters'; one is allowed."
        )
    try:
        made = [
            _parameter(s, _comments(found[0]), name) for s in ast.parse(found[0]).body
        ]
    except (SyntaxError, tokenize.TokenError) as error:
        raise Invalid(
            f"{name}: its parameters cell is not valid Python: {error}."
        ) from None
    return {p.name: p for p in made}


def check(
    given: Mapping[str, Any], known: Mapping[str, Parameter], *, where: str
) -> dict[str, Any]:
    """``given`` values, each in the type of its default, or :class:`Invalid` in a sentence.

    Text is turned into the type of the default, so that it may come from a command line; a list
    is written with commas. ``where`` opens the sentence.
    """
    out = {}
    for name, value in given.items():
        if not known:
            raise Invalid(
                f"{where}: the notebook has no parameters, so {name!r} cannot be set."
            )
        one_of(name, known, f"{where}: parameter")
        typed = _typed(value, known[name].default, f"{where}: parameter {name!r}")
        out[name] = _allowed(typed, known[name], where)
    return out


def for_pages(plan: Plan, pages: list[Page]) -> list[Page]:
    """The pages with their values typed; :class:`Invalid` for the first that cannot be built."""
    known = {p.notebook: declared(plan.source(p)) for p in pages}
    return [
        replace(p, parameters=check(p.parameters, known[p.notebook], where=p.handle))
        for p in pages
    ]


def assignments(pairs: list[str]) -> dict[str, str]:
    """``["wave=2023-11"]`` → ``{"wave": "2023-11"}``, as the option ``-p`` takes them."""
    out: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip().isidentifier():
            raise Invalid(f"-p {pair!r} is not understood; write it as -p name=value.")
        if name.strip() in out:
            raise Invalid(f"-p {name.strip()!r} is given twice.")
        out[name.strip()] = value.strip()
    return out


def _parameter(statement: ast.stmt, comments: dict[int, str], name: str) -> Parameter:
    target = statement.targets[0] if isinstance(statement, ast.Assign) else None
    try:
        if not isinstance(target, ast.Name) or len(statement.targets) != 1:
            raise ValueError
        default = ast.literal_eval(statement.value)
    except ValueError:
        raise Invalid(
            f"{name}: line {statement.lineno} of its parameters cell must read "
            "'name = plain value  # vocabulary: explanation'."
        ) from None
    vocabulary, colon, explanation = comments.get(statement.end_lineno, "").partition(
        ":"
    )
    if not colon:
        vocabulary, explanation = "", vocabulary
    return Parameter(target.id, default, vocabulary.strip(), explanation.strip())


def _comments(text: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return {
        t.start[0]: t.string.lstrip("# ") for t in tokens if t.type == tokenize.COMMENT
    }


def _typed(value: Any, default: Any, what: str) -> Any:
    kind = type(default)
    if kind is list:
        items = _items(value)
        return [_typed(i, default[0] if default else "", what) for i in items]
    try:
        if kind is bool:
            return value if isinstance(value, bool) else _YES_NO[value.lower()]
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise ValueError
        if kind in (int, float) and math.isfinite(number := kind(value)):
            if float(value) != number:
                raise ValueError
            return number
        if kind not in (int, float) and isinstance(value, str) and value.isprintable():
            return value
    except (ValueError, KeyError, AttributeError, OverflowError):
        pass
    raise Invalid(
        f"{what} must be {_KINDS.get(kind, 'text')}, like {default!r}, not {value!r}."
    )


def _items(value: Any) -> list:
    if not isinstance(value, str):
        return list(value) if isinstance(value, (list, tuple)) else [value]
    return [item.strip() for item in value.split(",") if item.strip()]


def _allowed(value: Any, parameter: Parameter, where: str) -> Any:
    """``value`` once the data room has agreed to it."""
    if not parameter.vocabulary:
        return value
    from outcomes.data import (
        vocabularies,  # opens the tables: only when there is something to check
    )

    try:
        return vocabularies.check(parameter.vocabulary, value, parameter=parameter.name)
    except Invalid as error:
        raise Invalid(f"{where}: {error}") from None
