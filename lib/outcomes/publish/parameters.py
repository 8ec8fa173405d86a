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
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from outcomes.core.errors import Invalid, one_of

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
        if not all(isinstance(cell, dict) for cell in found["cells"]):
            raise TypeError("cells")
    except FileNotFoundError:
        raise Invalid(f"notebook {str(notebook)!r} does not exist.") from None
    except OSError as error:
        raise Invalid(
            f"{notebook} cannot be read: {error.strerror or error}."
        ) from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Invalid(
            f"{Path(notebook).name} is not a notebook that can be read."
        ) from None
    return found


def declared(notebook: Path) -> dict[str, Parameter]:
    """The parameters a notebook declares, by name, in order. Nothing is executed."""
    name = Path(notebook).name
    cells = [c for c in load(notebook)["cells"] if tagged(c, "parameters")]
    if not cells:
        return {}
    if len(cells) > 1:
        raise Invalid(
            f"{name} has {len(cells)} cells tagged 'parameters'; one is allowed."
        )
    text = source(cells[0])
    try:
        statements = ast.parse(text).body
        comments = {
            token.start[0]: token.string.lstrip("# ")
            for token in tokenize.generate_tokens(io.StringIO(text).readline)
            if token.type == tokenize.COMMENT
        }
    except (SyntaxError, tokenize.TokenError) as error:
        raise Invalid(
            f"{name}: its parameters cell is not valid Python: {error}."
        ) from None
    found = {}
    for statement in statements:
        try:
            match statement:
                case ast.Assign(targets=[ast.Name(id=parameter)], value=value):
                    default = ast.literal_eval(value)
                case _:
                    raise ValueError
        except ValueError:
            raise Invalid(
                f"{name}: line {statement.lineno} of its parameters cell must read "
                "'name = plain value  # vocabulary: explanation'."
            ) from None
        comment = comments.get(statement.end_lineno, "")
        vocabulary, colon, explanation = comment.partition(":")
        if not colon:
            vocabulary, explanation = "", comment
        found[parameter] = Parameter(
            parameter, default, vocabulary.strip(), explanation.strip()
        )
    return found


def check(
    given: Mapping[str, Any],
    known: Mapping[str, Parameter],
    *,
    where: str,
    listed: Callable[[str], list[str]] | None = None,
) -> dict[str, Any]:
    """``given`` values, each in the type of its default, or :class:`Invalid` in a sentence.

    Text is turned into the type of the default, so that it may come from a command line; a list
    is written with commas. ``where`` opens the sentence, and ``listed`` gives the values of a
    vocabulary, by default :func:`outcomes.data.vocabularies.choices`.
    """
    checked = {}
    for name, value in given.items():
        if not known:
            raise Invalid(
                f"{where}: the notebook has no parameters, so {name!r} cannot be set."
            )
        one_of(name, known, f"{where}: parameter")
        value = _typed(value, known[name].default, f"{where}: parameter {name!r}")
        if vocabulary := known[name].vocabulary:
            from outcomes.data import vocabularies  # opens the tables

            try:
                value = vocabularies.check(
                    vocabulary, value, parameter=name, listed=listed
                )
            except Invalid as error:
                raise Invalid(f"{where}: {error}") from None
        checked[name] = value
    return checked


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


def _typed(value: Any, default: Any, what: str) -> Any:
    """A value in the type of the default; :class:`Invalid` when it cannot be had without loss."""
    kind = type(default)
    if kind is list:
        if isinstance(value, str):
            value = [item.strip() for item in value.split(",") if item.strip()]
        elif not isinstance(value, (list, tuple)):
            value = [value]
        return [_typed(item, default[0] if default else "", what) for item in value]
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
