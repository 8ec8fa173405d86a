"""Disclosure control: small counts of people are not shown, anywhere.

There is one rule and one function. A count below the threshold could point to a person, so it
becomes ``[c]`` (confidential). Where a total stands beside its parts, a hidden part could be had by
subtraction; the next smallest is then hidden too (secondary suppression), along every dimension of
the table, until all sums together (a linear programme) leave more than one value for each hidden
small count. Suppress the frame first and make all else from it: the table, the CSV, the figure
(:func:`plain` leaves gaps) and the sentence that is also the alt text. A finding whose source is
cited as unpublished is held to the rule in any case (:func:`withhold`, :func:`told`). Method:
Office for National Statistics, "Disclosure control guidance for health statistics" (2006), and the
Government Analysis Function's symbols.
"""

import re
from collections.abc import Iterable

import pandas as pd

from outcomes.core.errors import Invalid, one_of
from outcomes.data.doors import Names, as_list, door

CONFIDENTIAL = "[c]"
WITHHELD = (
    "Small counts of people are withheld, and with them any figure that shows them."
)
THRESHOLD = 5
PEOPLE = (  # words that name a person, or what happened to one
    r"(?:people|persons?|child(?:ren)?|students?|pupils?|victims?|offenders?|suspects?|patients?"
    r"|(?:wo)?m[ae]n|girls?|boys?|adults?|defendants?|residents?|arrest(?:s|ed)?|referrals?"
    r"|admissions?|deaths?|charged|safeguarded|youths?|detainees?|teenagers?|prisoners?|inmates?)"
)
_PEOPLE = re.compile(rf"\b(?:{PEOPLE}|count)\b|^$", re.I)
_COUNT_IN_TEXT = r"^\s*(\d[\d,]*)(?:\.0+)?(?:\s*[*†]|\s*\(.*\))?\s*$"
ACCESS = ("published", "unpublished", "restricted")
_UNPUBLISHED = re.compile(r"unpublished|not for publication|for internal use", re.I)
_WHOLE = r"(?<![\d.,])\d[\d,]*(?![\d]|[.,]\d)"
WORDS = {1: "one", 2: "two", 3: "three", 4: "four"}


@door
def suppress(
    frame: pd.DataFrame,
    column: str,
    *,
    along: Names = (),
    total: str = "Total",
    by: Names = (),
    threshold: float = THRESHOLD,
    public: str = "",
    earlier: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """A copy of ``frame`` with counts from 1 to below ``threshold`` shown as ``[c]``.

    ``along`` names the dimensions that have a total, in rows that carry the word ``total`` there;
    a table of areas and years with both margins is ``along=["area", "year"]``. ``by`` names columns
    that part the frame into tables of their own. While the hidden cells of a line add up to less
    than the threshold, or one alone is hidden, the next smallest is hidden too. A zero is shown:
    it points to nobody. ``public`` names the source that has published these counts: then all are
    shown. ``earlier`` is this table as an earlier release showed it: what it hid stays hidden, as
    two releases together can give back what neither does. The column becomes text and numbers
    mixed. Raises :class:`Invalid` for a negative or broken count, a threshold below 2, or
    ``public`` without a source.

    >>> people = pd.DataFrame({"area": ["A", "B", "C", "Total"], "n": [3, 8, 20, 31]})
    >>> suppress(people, "n", along="area")["n"].tolist()
    ['[c]', '[c]', 20, 31]
    """
    along, by = as_list(along), as_list(by)
    for name in (column, *along, *by):
        one_of(name, list(frame.columns), "column")
    counts = _counted(frame[column], threshold)
    if public:
        return frame.copy()
    keys = [c for c in dict.fromkeys([*by, *along]) if c != column]
    if earlier is not None:
        if not keys:
            raise Invalid(
                "an earlier table is matched by along and by, and neither is given."
            )
        for name in (column, *keys):
            one_of(name, list(earlier.columns), "column of the earlier table")
    hidden = ((counts > 0) & (counts < threshold)) | _hidden_before(
        frame, earlier, column, keys
    )
    lines = [
        line for name in along for line in _lines(frame, name, [*along, *by], total)
    ]
    ranked = (
        frame[keys]
        .astype(str)
        .assign(**{column: counts})
        .sort_values([column, *keys])
        .index
    )
    while any(
        [_protect(counts, hidden, ranked, *line, threshold) for line in lines]
    ) or (_laid_bare(counts, hidden, ranked, lines, threshold)):
        pass  # what one line hides can lay bare a cell of another
    return frame.assign(
        **{column: frame[column].astype("object").mask(hidden, CONFIDENTIAL)}
    )


def is_unpublished(source: dict[str, str]) -> bool:
    """Whether a source is held to disclosure control: its ``access`` says so, or its words do.

    >>> is_unpublished({"access": "restricted"}), is_unpublished({"title": "Annual report"})
    (True, False)
    """
    if access := source.get("access"):
        return one_of(access, ACCESS, "access") != "published"
    return bool(_UNPUBLISHED.search(" ".join(source.values())))


def of_people(unit: str) -> bool:
    """May a whole number in this unit count people? One without a unit may.

    >>> of_people("arrests"), of_people("£"), of_people("")
    (True, False, True)
    """
    return bool(_PEOPLE.search(unit))


def withhold(
    frame: pd.DataFrame, units: dict[str, str]
) -> tuple[pd.DataFrame, set[float]]:
    """A table of unpublished counts as it may be shown, and the counts that are hidden in it.

    Every column of whole numbers that may count people (by ``units``) is suppressed; a row or a
    column that is called "Total" is the total of the others.

    >>> shown, hidden = withhold(pd.DataFrame({"area": ["A", "B"], "n": [3, 8]}), {})
    >>> shown["n"].tolist(), hidden
    (['[c]', 8], {3})
    """
    frame = frame.assign(**{n: _of_text(v) for n, v in frame.items()})
    columns = [
        name
        for name, held in frame.items()
        if held.dtype.kind in "iuf"
        and of_people(units.get(name, ""))
        and not (held % 1 > 0).any()
    ]
    if not columns:
        return frame, set()
    long = _long(frame, columns)
    along = [name for name in ("row", "column") if (long[name] == "Total").any()]
    by = [name for name in ("row", "column") if name not in along]
    withheld = suppress(long, "n", along=along or (), by=by or ())
    hidden = withheld["n"] == CONFIDENTIAL
    shown = frame.astype(dict.fromkeys(columns, object))
    masks = hidden.to_numpy().reshape(len(columns), len(frame))
    for name, mask in zip(columns, masks, strict=True):
        shown[name] = (
            shown[name].mask(mask, CONFIDENTIAL) if mask.any() else frame[name]
        )
    if hidden.any():  # a share or a rate beside a count gives it back
        for name, held in frame.items():
            if name not in columns and held.dtype.kind in "iuf":
                shown[name] = CONFIDENTIAL
    return shown, set(long.loc[hidden, "n"])


def _of_text(values: pd.Series) -> pd.Series:
    """Counts that are held as text, with or without limits behind them, as the counts alone."""
    if values.dtype.kind in "iufMmb" or not len(values):
        return values
    found = values.astype(str).str.extract(_COUNT_IN_TEXT)[0].str.replace(",", "")
    return values if found.isna().any() else found.astype(int)


def _long(frame: pd.DataFrame, columns: list) -> pd.DataFrame:
    """The counts one below the other, with the row and the column they stand in."""
    whole = (frame.drop(columns=columns).astype(str).map(_total) == "Total").any(axis=1)
    row = pd.Series([f"{n:06}" for n in range(len(frame))], frame.index).mask(
        whole, "Total"
    )
    parts = [
        {"row": row, "column": _total(name), "n": frame[name].fillna(0)}
        for name in columns
    ]
    return pd.concat(map(pd.DataFrame, parts), ignore_index=True)


def _total(label: str) -> str:
    """A label, with every way to write "Total" made one."""
    return "Total" if str(label).strip().lower() == "total" else str(label)


def told(text: str, hidden: Iterable[float]) -> str:
    """A text with every hidden count in it, in digits or as a word, made ``[c]``.

    >>> told("Of 30 people three were hurt.", [3])
    'Of 30 people [c] were hurt.'
    """
    whole = {int(n.replace(",", "")) for n in re.findall(_WHOLE, text)}
    apart = {a for a in whole for b in whole if b - a in hidden and a not in hidden}
    for count in sorted({*hidden, *apart}):
        digits = rf"(?<![\d.,])(?:{count:.0f}|{count:,.0f})(?![\d]|[.,]\d)"
        text = re.sub(digits, CONFIDENTIAL, text)
        if count in WORDS:
            text = re.sub(rf"(?i)\b{WORDS[int(count)]}\b", CONFIDENTIAL, text)
    return text


def plain(values: pd.Series) -> pd.Series:
    """Suppressed counts as numbers for a figure: a hidden count is a gap, never a zero.

    >>> plain(pd.Series(["[c]", 8])).tolist()
    [nan, 8.0]
    """
    return pd.to_numeric(values.mask(values.eq(CONFIDENTIAL)))


def _counted(values: pd.Series, threshold: float) -> pd.Series:
    if threshold < 2:
        raise Invalid(f"threshold is {threshold}; below 2 nothing would be hidden.")
    counts = pd.to_numeric(values, errors="coerce")
    if (
        (counts.isna() & values.notna()).any()
        or (counts < 0).any()
        or (counts % 1 != 0).any()
    ):
        raise Invalid(
            f"column {values.name!r} holds values that are not counts of people."
        )
    return counts


def _lines(
    frame: pd.DataFrame, name: str, columns: list[str], total: str
) -> list[tuple[pd.Index, object]]:
    """Lines along one dimension that have a total: places of the parts, and place of the total."""
    rest = [column for column in dict.fromkeys(columns) if column != name]
    parts = [rows for _, rows in frame.groupby(rest, dropna=False)] if rest else [frame]
    lines = []
    for group in (rows.index for rows in parts):
        whole = frame.loc[group, name] == total
        if whole.sum() > 1:
            raise Invalid(
                f"column {name!r} has the word {total!r} twice in one line; name `by`."
            )
        if whole.any():
            lines.append((group[~whole], group[whole][0]))
    return lines


def _hidden_before(
    frame: pd.DataFrame, earlier, column: str, keys: list[str]
) -> pd.Series:
    if earlier is None:
        return pd.Series(False, index=frame.index)
    gone = earlier.loc[earlier[column].eq(CONFIDENTIAL), keys].drop_duplicates()
    found = frame[keys].merge(gone, how="left", indicator=True)["_merge"]
    return found.eq("both").set_axis(frame.index)


def _protect(
    counts, hidden: pd.Series, ranked: pd.Index, parts, whole, threshold: float
) -> bool:
    """Hide more of one line until it gives nothing back; says whether it had to."""
    before, inside = hidden.sum(), set(parts)
    left = [place for place in ranked if place in inside and counts[place] > 0]
    left = [place for place in left if not hidden[place]]
    while True:
        gone = counts[parts][hidden[parts]]
        if hidden[whole]:
            safe = (
                len(gone) > 1 or not left
            )  # one alone would tell how large the other was
        else:
            safe = len(gone) == 0 or (len(gone) > 1 and gone.sum() >= threshold)
        if safe:
            return hidden.sum() > before
        hidden[left.pop(0) if left else whole] = True


def _laid_bare(
    counts, hidden: pd.Series, ranked: pd.Index, lines: list, threshold: float
) -> bool:
    """Hide one cell more beside a small count that all lines together leave one value for."""
    gone = list(hidden[hidden].index)
    sums = [_sum(counts, gone, *line) for line in lines]
    for place in (p for p in gone if lines and counts[p] < threshold):
        if (
            _width(
                gone.index(place), [row for row, _ in sums], [side for _, side in sums]
            )
            < 1
        ):
            lit = [
                p
                for parts, whole in lines
                for p in (*parts, whole)
                if place in (*parts, whole)
            ]
            left = set(lit) - set(gone) - set(counts[counts == 0].index)
            if left:
                hidden[next(p for p in ranked if p in left)] = True
                return True
    return False


def _sum(counts: pd.Series, gone: list, parts, whole) -> tuple[list[int], float]:
    """A line as an equation of its hidden cells: their factors, and what they come to."""
    signs = {**dict.fromkeys(parts, 1), whole: -1}
    side = -sum(
        sign * counts[place] for place, sign in signs.items() if place not in gone
    )
    return [signs.get(place, 0) for place in gone], side


def _width(at: int, rows: list, sides: list) -> float:
    """How far apart the least and the greatest value are that a hidden cell can have."""
    from scipy.optimize import linprog

    goal = [0] * len(rows[0])
    goal[at] = 1
    most, least = (
        linprog([sign * g for g in goal], A_eq=rows, b_eq=sides, bounds=(1, 1e6)).fun
        for sign in (-1, 1)
    )
    if most is None or least is None:
        raise Invalid(
            "the sums of this table do not agree, or hold a total among the parts, so it cannot be "
            "told whether a hidden count could be worked out: give each total its own table."
        )
    return -most - least
