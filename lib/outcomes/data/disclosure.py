"""Disclosure control: small counts of people are not shown, anywhere.

There is one rule. A count below the threshold could point to a person, so it becomes ``[c]``
(confidential). Whatever would let it be worked out goes with it: the next smallest part of a total,
along every sum that the table shows, until an attacker (:mod:`outcomes.data.recovery`) learns no
more of it than that it is small; shares and rates beside it; limits and words that tell it. A zero
is shown: it points to nobody. Suppress the frame first and make all else from it: the table, the
CSV, the figure (:func:`plain` leaves gaps) and the sentence that is also the alt text. A finding
whose source says by ``access`` that it is unpublished or restricted is held to the rule in any case
(:func:`withhold`, :func:`told`). Method: Office for National Statistics, "Disclosure control
guidance for health statistics" (2006), and the Government Analysis Function's symbols.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable

import numpy as np
import pandas as pd

from outcomes.core.errors import Invalid, one_of
from outcomes.data import recovery
from outcomes.data.doors import Names, as_list, door
from outcomes.data.recovery import Sum

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
_OTHER_THINGS = re.compile(  # units of a whole number that counts no person
    r"[£$€%°]|\b(?:per|rate|ratio|share|score|index|points?|pounds?|pence|sterling|percentage"
    r"|seconds?|minutes?|hours?|days?|nights?|weeks?|months?|quarters?|years?|miles?|km|metres?"
    r"|kilos?|kg|grams?|litres?|visits?|events?|sessions?|meetings?|patrols?|shops?|stores?"
    r"|premises|schools?|pages?|sources?|figures?|files?|rows?|areas?|districts?|forces?|wards?"
    r"|neighbourhoods?|places?|vehicles?|cars?|bikes?|knives|knife|weapons?|firearms?|drugs"
    r"|plants?|parcels?|packages?|phones?|lines|offences?|crimes?|incidents?|leaflets?)\b",
    re.I,
)
_LABELS = {  # words that head a column which says which row it is
    *("year", "month", "quarter", "week", "day", "date"),
    *("age", "rank", "order", "code", "id"),
}
_WITH_LABELS = {
    *("of", "the", "number", "no", "ending", "ended", "commencing", "group", "band"),
    *("calendar", "financial"),
}
_DERIVED = re.compile(  # columns that are worked out of others, whatever their numbers look like
    r"%|\b(?:mean|average|median|moving|rolling|smoothed|index|indexed|share|rate|ratio|odds"
    r"|percentage|proportion|score)\b|\bbase(?:d\b|\s*=|\s+(?:year|period|month|quarter)\b)",
    re.I,
)
_SYMBOL = re.compile(
    r"^\W*$|^\[\w\]$|^[<≤]\s*\d+$|^(?:n/?a|x|z|c|none|nan|<na>|nat|not known)$", re.I
)
_COUNT_IN_TEXT = re.compile(
    r"^[^\w<≤-]*(?:n\s*=\s*)?(-?\d[\d,]*(?:\.\d+)?)(?:\s*[*†‡§]|\s*[(\[/].*|\s+of\b.*|\s+"
    + PEOPLE
    + r"\b.*)?\s*$",
    re.I,
)
_DAY = re.compile(r"\d{1,2}/\d{1,2}/(?:\d\d){1,2}")
ACCESS = ("published", "unpublished", "restricted")
_UNPUBLISHED = re.compile(r"unpublished|not for publication|for internal use", re.I)
_NUMBER = re.compile(r"(?<![\w.,])(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?![\d]|[.,]\d)")
WORDS = {1: "one", 2: "two", 3: "three", 4: "four"}
_ALSO = {  # other words for a small count
    1: r"one|once|single|sole|lone|solitary|an individual",
    2: r"two|twice|pair|couple|both|duo|double[ds]?",
    3: r"three|thrice|trio|triple[ds]?|treble[ds]?|threefold|triplets?",
    4: r"four|quartet|fourfold|quadruple[ds]?",
}
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_ONES = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
_ONES += ["eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen"]
_ONES += ["seventeen", "eighteen", "nineteen"]
_SPELT = {word: n for n, word in enumerate(_ONES, 1)} | {"dozen": 12, "a score": 20}
_SPELT |= {word: 20 + 10 * n for n, word in enumerate(_TENS)}
_SPELT |= {
    f"{ten}-{one}": _SPELT[ten] + n
    for ten in _TENS
    for n, one in enumerate(_ONES[:9], 1)
}
_PARTS_IN_WORDS = re.compile(
    r"\b(?:half|halves|thirds?|quarters?|fifths?|sixths?|sevenths?|eighths?|ninths?|tenths?"
    r"|twentieths?|hundredths?)\b|\bone in [a-z]+\b",
    re.I,
)
_SMALL_SAID = re.compile(  # "3 young people", "people arrested: 3"
    rf"(?<![\w.,£/-])([1-4])(?:[ -][a-z]+)?[ -]{PEOPLE}\b"
    rf"|\b{PEOPLE}\b[^.;|\d]{{0,20}}: ([1-4])(?![\d%]|[.,]\d)",
    re.I,
)
_GROUPS = {"pair": "2", "couple": "2", "trio": "3", "quartet": "4"}
_GROUP = re.compile(rf"\b({'|'.join(_GROUPS)}) of\b", re.I)
_PER = re.compile(r"\d[\d,.]*(?=[^.;\d]{0,30}?\b(?:per|for every|in every)\b)", re.I)


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
    # frames put one below the other have each label twice
    labels, frame = frame.index, frame.reset_index(drop=True)
    counts = counts.set_axis(frame.index)
    keys = [c for c in dict.fromkeys([*by, *along]) if c != column]
    if earlier is not None:
        if not keys:
            raise Invalid(
                "an earlier table is matched by along and by, and neither is given."
            )
        for name in (column, *keys):
            one_of(name, list(earlier.columns), "column of the earlier table")
    small = (counts > 0) & (counts < threshold)
    before = _hidden_before(frame, earlier, column, keys)
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
    unmoved = _unmoved(frame, earlier, column, keys) - {line.whole for line in lines}
    hidden = _hidden(counts, small | before, lines, list(ranked), threshold, unmoved)
    shown = frame[column].astype("object").mask(hidden, CONFIDENTIAL)
    return frame.assign(**{column: shown}).set_axis(labels)


def is_unpublished(source: dict[str, str]) -> bool:
    """Whether a source is held to disclosure control: its ``access`` says so, or its words do.

    >>> is_unpublished({"access": "restricted"}), is_unpublished({"title": "Annual report"})
    (True, False)
    """
    if access := source.get("access"):
        return one_of(access, ACCESS, "access") != "published"
    return bool(_UNPUBLISHED.search(" ".join(source.values())))


def of_people(unit: str) -> bool:
    """May a whole number in this unit count people? Any may that is not known to measure things.

    >>> of_people("arrests"), of_people("carers"), of_people("£"), of_people("")
    (True, True, False, True)
    """
    return bool(re.search(rf"\b{PEOPLE}\b", unit, re.I)) or not _OTHER_THINGS.search(
        unit
    )


def of_parts(unit: str) -> bool:
    """May a number in this unit be a share or a rate of people?

    >>> of_parts("% of pupils"), of_parts("visits")
    (True, False)
    """
    return bool(
        re.search(r"%|\b(?:per|rate|ratio|share|percentage|proportion)\b", unit)
    )


def withhold(
    frame: pd.DataFrame, units: dict[str, str]
) -> tuple[pd.DataFrame, set[float]]:
    """A table of unpublished counts as it may be shown, and the counts that are hidden in it.

    Every column of numbers that may count people (by ``units``) is held to the rule, those held as
    text too, along every sum that the table shows (:func:`outcomes.data.recovery.sums`). Where a
    count is hidden, numbers of other kinds, which may be its share or its rate, go too. A column
    with a number below zero holds changes, or a code for none: with a small one among them, of
    either sign, none of it is shown.

    >>> shown, hidden = withhold(pd.DataFrame({"area": ["A", "B"], "n": [3, 8]}), {})
    >>> shown["n"].tolist(), hidden
    (['[c]', 8], {3.0})
    """
    numbers = {
        name: held
        for name, values in frame.items()
        if (held := _counts(values)) is not None
    }
    names_rows = {
        name
        for name, held in numbers.items()
        if _is_label(str(name), held, units.get(name, ""))
    }
    counts = {
        name: held
        for name, held in numbers.items()
        if name not in names_rows
        and not _DERIVED.search(str(name))
        and of_people(units.get(name, ""))
    }
    signed = {name: counts.pop(name) for name in [*counts] if (counts[name] < 0).any()}
    small = {
        name: few
        for name, held in signed.items()
        if (few := {abs(n) for n in held if 0 < abs(n) < THRESHOLD})
    }
    if not counts and not small:
        return frame, set()
    wide = pd.DataFrame(counts, index=frame.index)
    labels = [name for name in frame if name not in counts]
    rows = [" ".join(map(str, row)) for row in frame[labels].to_numpy()]
    hidden = _hidden_in(
        wide.to_numpy(float), rows or [""] * len(frame), list(map(str, wide))
    )
    shown = frame.copy()
    for at, name in enumerate(counts):
        if hidden[:, at].any():
            shown[name] = frame[name].astype(object).mask(hidden[:, at], CONFIDENTIAL)
    gone = set(wide.to_numpy()[hidden].tolist()).union(*small.values())
    if gone:
        bases = {float(n) for n in wide.to_numpy().ravel() if n == n}
        for name in set(labels):
            held = frame[name]
            if name in small or (held.dtype.kind in "iufmc" and name not in names_rows):
                shown[name] = (
                    CONFIDENTIAL  # a share or a rate beside a count gives it back
                )
            elif held.dtype.kind not in "iufmcMb":
                told_too = [
                    told(v, gone, bases) if isinstance(v, str) else v for v in held
                ]
                shown[name] = pd.Series(told_too, held.index, dtype=object)
        shown.columns = [told(str(name), gone) for name in frame]
    for at, name in enumerate(frame):
        if name in counts and frame[name].dtype.kind not in "iuf" and gone:
            # a count that is text shows nothing else: no limits, no share
            texts = [
                seen
                if pd.isna(n) or seen == CONFIDENTIAL
                else int(n)
                if n % 1 == 0
                else n
                for n, seen in zip(wide[name], shown.iloc[:, at], strict=True)
            ]
            shown.isetitem(at, pd.Series(texts, frame.index, dtype=object))
    return shown, gone


def _counts(values: pd.Series) -> pd.Series | None:
    """A column as counts, NaN where a cell shows none; None where it holds anything else."""
    kind = values.dtype.kind
    if kind in "Mmb":
        return None
    if kind in "iuf":
        held = values.astype(float)
        whole = (
            held.dropna() % 1 == 0
        ).mean() >= 0.5  # a weighted or estimated count or two
        return held if whole else None
    texts = values.astype(str).map(_cell_in_digits, na_action="ignore")
    texts = texts.astype(str).str.strip()
    found = texts.str.extract(_COUNT_IN_TEXT)[0].mask(texts.str.fullmatch(_DAY))
    else_said = found.isna() & ~texts.str.match(_SYMBOL)
    if found.notna().sum() <= else_said.sum():
        return None
    return found.str.replace(",", "").astype(float)


def _is_label(heading: str, numbers: pd.Series, unit: str) -> bool:
    """Does a column say which row it is, and count nothing?

    Its heading alone does not tell: "Week 1", "Arrests this year" and "Public order" head counts,
    and so may "Week" beside "Month". Its numbers must be years, or count the rows.
    """
    words = set(re.findall(r"[^\W_]+", heading.lower()))
    if (
        unit.strip()
        or not words & _LABELS
        or re.search(rf"\b{PEOPLE}\b", heading, re.I)
    ):
        return False
    held = numbers.dropna()
    if held.between(1900, 2100).all():
        return True
    kinds = held.nunique()
    running = kinds > 2 and held.max() - held.min() + 1 == kinds
    steps, again = np.diff(held), held.to_numpy()[1:] == held.min()
    in_turn = held.is_unique or (np.isin(steps, (0, 1)) | again).all()
    whole = (held % 1 == 0).all()
    return words <= _LABELS | _WITH_LABELS and running and whole and bool(in_turn)


def _hidden_in(values: np.ndarray, rows: list[str], columns: list[str]) -> np.ndarray:
    """Which cells of a table of counts are hidden, NaN being none."""
    few = (values > 0) & (values < THRESHOLD)
    taken = np.nan_to_num(values)
    rests, beyond = recovery.implied(taken, columns)
    cells = pd.Series([*taken.ravel(), *beyond.values()], dtype=float)
    hidden = pd.Series([*few.ravel(), *([True] * len(beyond))])
    if not ((cells > 0) & (cells < THRESHOLD) & hidden).any():
        return few
    lines = [*recovery.sums(taken, rows, columns), *rests]
    order = list(cells.index.to_series().iloc[np.argsort(cells, kind="stable")])
    found = _hidden(
        cells, hidden, lines, order, THRESHOLD, beyond=set(beyond), strict=True
    )
    return found.to_numpy()[: values.size].reshape(values.shape) & ~np.isnan(values)


def small_counts_told(texts: Iterable[str], bases: Iterable[float]) -> set[float]:
    """Small counts of people that some texts name, or give away by shares, rates and differences.

    >>> small_counts_told(["Three people were hurt."], [])
    {3.0}
    """
    said = _in_digits(_plain_digits(" | ".join(texts)))
    found = recovery.small_counts_told(said, bases, THRESHOLD)
    said = _GROUP.sub(lambda m: _GROUPS[m[1].lower()], said)
    named = {float(a or b) for a, b in _SMALL_SAID.findall(said)}
    return named | {float(n) for counts in found.values() for n in counts}


def told(text: str, hidden: Iterable[float], shown: Iterable[float] = ()) -> str:
    """A text with every hidden count in it, in digits or as a word, made ``[c]``.

    Numbers that give a small one back go too: what differs from another number (of the text, or of
    those ``shown`` elsewhere) by it, its share, its rate, a part in words.

    >>> told("Of 30 people three were hurt.", [3])
    'Of 30 people [c] were hurt.'
    """
    hidden = set(hidden)
    if not hidden:
        return text
    text = _plain_digits(text)
    written = _in_digits(text)
    if written != text and recovery.small_counts_told(written, shown, THRESHOLD):
        text = written
    numbers = {recovery.number(n) for n in _NUMBER.findall(text)}
    numbers |= {n for word, n in _SPELT.items() if re.search(rf"(?i)\b{word}\b", text)}
    small = {n for n in hidden if n < THRESHOLD}
    bases = {n for n in {*numbers, *shown} if not 1900 <= n <= 2100}
    gone = hidden | {n for n in bases for b in bases if b - n in small}
    for said, counts in recovery.small_counts_told(text, bases, THRESHOLD).items():
        if counts & small:
            text = text.replace(said, _NUMBER.sub(CONFIDENTIAL, said, count=1))
    text = _PER.sub(CONFIDENTIAL, text)
    text = _PARTS_IN_WORDS.sub(CONFIDENTIAL, text)
    text = _NUMBER.sub(
        lambda m: CONFIDENTIAL if recovery.number(m[0]) in gone else m[0], text
    )
    spelt = [word for word, n in _SPELT.items() if n in gone]
    spelt += [_ALSO[int(n)] for n in gone if n in _ALSO]
    for words in sorted(spelt, key=len, reverse=True):
        text = re.sub(rf"(?i)\b(?:{words})\b", CONFIDENTIAL, text)
    return text


def _plain_digits(text: str) -> str:
    """A text with raised, ringed and full-width digits as others are written."""
    apart = "".join(f" {c}" if unicodedata.category(c) == "No" else c for c in text)
    return unicodedata.normalize("NFKC", apart)


def _cell_in_digits(cell: str) -> str:
    """A cell with its number in plain digits: written as a word, or raised as a whole."""
    raised = all(unicodedata.category(c) == "No" for c in cell)
    return _in_digits(unicodedata.normalize("NFKC", cell) if raised else cell)


def _in_digits(text: str) -> str:
    """A text with its numbers in words as digits."""
    words = "|".join(sorted(_SPELT, key=len, reverse=True))
    return re.sub(rf"(?i)\b(?:{words})\b", lambda m: str(_SPELT[m[0].lower()]), text)


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


def _lines(frame: pd.DataFrame, name: str, columns: list[str], total: str) -> list[Sum]:
    """Lines along one dimension that have a total."""
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
            lines.append(Sum(list(group[~whole]), group[whole][0]))
    return lines


def _hidden_before(
    frame: pd.DataFrame, earlier, column: str, keys: list[str]
) -> pd.Series:
    if earlier is None:
        return pd.Series(False, index=frame.index)
    gone = earlier.loc[earlier[column].eq(CONFIDENTIAL), keys].drop_duplicates()
    found = frame[keys].merge(gone, how="left", indicator=True)["_merge"]
    return found.eq("both").set_axis(frame.index)


def _unmoved(
    frame: pd.DataFrame, earlier, column: str, keys: list[str]
) -> set[recovery.Place]:
    """Cells that the earlier table shows as they are now: hiding them now hides nothing."""
    if earlier is None:
        return set()
    was = earlier[[*keys, column]].drop_duplicates(keys).rename(columns={column: "was"})
    both = frame[[*keys, column]].merge(was, how="left", on=keys)
    same = pd.to_numeric(both["was"], errors="coerce").eq(both[column]).to_numpy()
    return set(frame.index[same])


def _hidden(
    counts: pd.Series,
    hidden: pd.Series,
    lines: list[Sum],
    ranked: list,
    threshold: float,
    unmoved: Collection = (),
    beyond: Collection = (),
    strict: bool = False,
) -> pd.Series:
    """Cells that have to be hidden so that no small one of them can be worked out.

    ``ranked`` are the places from the smallest count up; ``unmoved`` those that an attacker knows
    in any case; ``beyond`` those that the table does not show at all. A small count may not be told
    exactly, and with ``strict`` no more closely than that it is small. (What is hidden tells
    something too, to who knows the rule: the less, the plainer it is.)
    """
    hidden = hidden.copy()
    secret = [line for line in lines if not {*line.parts, line.whole} & {*beyond}]
    while any(
        [_protect(counts, hidden, ranked, line, threshold, unmoved) for line in secret]
    ) or _laid_bare(counts, hidden, ranked, lines, threshold, unmoved, beyond, strict):
        pass  # what one line hides can lay bare a cell of another
    return hidden


def _protect(
    counts: pd.Series,
    hidden: pd.Series,
    ranked: list,
    line: Sum,
    threshold: float,
    unmoved: Collection,
) -> bool:
    """Hide more of one line until it gives nothing back; says whether it had to."""
    before, inside = hidden.sum(), {*line.parts} - {*unmoved}
    left = [p for p in ranked if p in inside and counts[p] > 0 and not hidden[p]]
    while True:
        gone = counts[[p for p in line.parts if hidden[p] and p not in unmoved]]
        if hidden[line.whole]:
            # one alone would tell how large the other was
            safe = len(gone) > 1 or not left
        else:
            safe = len(gone) == 0 or (len(gone) > 1 and gone.sum() >= threshold)
        if safe:
            return hidden.sum() > before
        hidden[left.pop(0) if left else line.whole] = True


def _laid_bare(
    counts: pd.Series,
    hidden: pd.Series,
    ranked: list,
    lines: list[Sum],
    threshold: float,
    unmoved: Collection,
    beyond: Collection,
    strict: bool,
) -> bool:
    """Hide one cell more beside a small count that all lines together bound too closely."""
    shown = {p: counts[p] for p in counts.index if not hidden[p] or p in unmoved}
    small = [p for p in ranked if hidden[p] and 0 < counts[p] < threshold]
    for place in (p for p in small if p not in unmoved):
        bound = connected(place, lines, shown)
        if not bound:
            continue
        found = recovery.known(place, bound, shown, beyond)
        closely = found.inside(threshold) if strict else found.least == found.most
        if not closely:
            continue
        cells = [{*line.parts, line.whole} for line in bound]
        own = set().union(*(c for c in cells if place in c))
        for near in (own, set().union(*cells)):
            left = [p for p in ranked if p in near and p in shown and counts[p] > 0]
            if left := [p for p in left if p not in unmoved]:
                hidden[left[0]] = True
                return True
    return False


def connected(place, lines: list[Sum], shown: Collection) -> list[Sum]:
    """The lines that bear on a hidden cell, by the hidden cells that they share."""
    reached, found, left = {place}, [], lines
    while True:
        near = [n for n in left if reached & ({*n.parts, n.whole} - {*shown})]
        if not near:
            return found
        found += near
        left = [line for line in left if line not in near]
        reached |= {p for line in near for p in (*line.parts, line.whole)} - {*shown}
