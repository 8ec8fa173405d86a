"""Results of expensive functions, kept on disk: no evaluation is made twice.

The pages of a build share them, as do later builds and an analyst's notebooks. A result is kept
under a digest of the arguments, of the code that may have made it (the rooms ``core`` and
``methods``) and of the versions of the libraries beneath, so that a change of any makes it anew.
They lie in ``.kept`` of the project, or in the folder that OUTCOMES_KEPT names; ``OUTCOMES_KEPT=off``
keeps nothing. What cannot be read or written is made anew: a lost result costs time and no more.
"""

import hashlib
import inspect
import marshal
import os
import pickle
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import wraps
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from filelock import FileLock, Timeout

from outcomes.core import project

P = ParamSpec("P")
R = TypeVar("R")

MOST_BYTES = 256 << 20  # some eight hundred evaluations
_PATIENCE = 60.0  # seconds to wait for another process that makes the same result
_LIBRARY = Path(__file__).resolve().parents[1]
_FILES = sorted(
    p for room in ("core", "methods") for p in (_LIBRARY / room).rglob("*.py")
)
_BENEATH = ("numpy", "pandas", "scipy", "statsmodels")


def keep(function: Callable[P, R]) -> Callable[P, R]:
    """A pure function, whose results are kept and not made twice.

    Its arguments are numbers, words, dates, lists, sets, dictionaries, arrays and frames; a call
    with anything else is made each time. Its results can be pickled. What it raises is not kept.
    """
    signature = inspect.signature(function)

    @wraps(function)
    def kept(*args: P.args, **options: P.kwargs) -> R:
        try:
            if _stamps() != _LOADED[0]:
                return function(*args, **options)
            given = signature.bind(*args, **options)
            given.apply_defaults()
            name = f"{function.__module__}.{function.__qualname__}"
            key = digest([_LOADED[1], name, given.arguments])
            path = folder() / f"{key}.pickle"
            path.parent.mkdir(mode=0o700, exist_ok=True)
        except (TypeError, OSError):
            return function(*args, **options)
        found = _read(path)
        if found:
            return found[0]
        lock = FileLock(path.with_suffix(".lock"))
        with suppress(Timeout, OSError):
            lock.acquire(timeout=_PATIENCE)
        try:
            if found := _read(path):  # another process has made it meanwhile
                return found[0]
            result = function(*args, **options)
            with suppress(OSError):
                _write(path, result)
            return result
        finally:
            lock.release()
            with suppress(OSError):
                Path(lock.lock_file).unlink()

    return kept


def folder() -> Path:
    """Where results are kept; raises OSError where none are."""
    given = os.environ.get("OUTCOMES_KEPT", "")
    if given == "off":
        raise FileNotFoundError("no results are kept (OUTCOMES_KEPT=off)")
    return Path(given) if given else project.folder() / ".kept"


def _stamps() -> list[tuple[int, int]]:
    """When each file of the code was written, and its size."""
    return [(s.st_mtime_ns, s.st_size) for s in (path.stat() for path in _FILES)]


def _code() -> str:
    """The digest of the code that may have made a result, and the versions beneath it."""
    found = hashlib.sha256(sys.version.encode())
    for path in _FILES:
        found.update(path.read_bytes())
    found.update(" ".join(map(version, _BENEATH)).encode())
    return found.hexdigest()


def digest(value: Any, known: dict[int, tuple[Any, str]] | None = None) -> str:
    """The same for equal values only; raises TypeError for one of a kind that is not known.

    ``known`` are digests of objects that hold still meanwhile, by their identity: a table that a
    hundred choices share is digested once. It holds the objects, so that none takes another's place.

    >>> digest([1, "a"]) == digest([1, "a"]), digest([1, "a"]) == digest(["1", "a"])
    (True, False)
    """
    found, known = hashlib.sha256(), {} if known is None else known
    for piece in _pieces(value, known):
        found.update(len(piece).to_bytes(8, "little"))
        found.update(piece)
    return found.hexdigest()


def _pieces(
    value: Any, known: dict[int, tuple[Any, str]]
) -> Iterator[bytes | memoryview]:
    """A value as bytes, each kind after its name."""
    import numpy as np
    import pandas as pd

    yield type(value).__name__.encode()
    if value is None or isinstance(
        value, str | bool | int | float | np.generic | pd.Timestamp
    ):
        yield repr(value).encode()
    elif isinstance(value, dict):
        yield from _pieces([*value], known)
        yield from _pieces([*value.values()], known)
    elif isinstance(value, list | tuple):
        if _plain(value) or _lists_of_plain(value):
            # at once: placebo sets are thousands of such lists. This version of the format
            # writes each word as it is, not a reference to one seen before
            yield marshal.dumps([*value], 2)
        else:
            for item in value:
                if id(item) not in known:
                    known[id(item)] = item, digest(item, known)
                yield known[id(item)][1].encode()
    elif isinstance(value, set | frozenset | pd.DataFrame | pd.Series | pd.Index):
        yield from _pieces(_parts(value), known)
    elif isinstance(value, np.ndarray):
        yield repr((value.dtype, value.shape)).encode()
        if value.dtype == object:
            yield from _pieces(value.ravel().tolist(), known)
        else:
            yield np.ascontiguousarray(value).ravel().view(np.uint8).data
    else:
        raise TypeError(f"of a {type(value).__name__} no digest can be made")


def _plain(value: Iterable) -> bool:
    return {str, int, float, bool, type(None)} >= set(map(type, value))


def _lists_of_plain(value: Iterable) -> bool:
    return {list, tuple} >= set(map(type, value)) and _plain(chain(*value))


def _parts(value: Any) -> list:
    """A set, frame, column or index as the digests, or the arrays and names, that it is made of."""
    import pandas as pd

    if isinstance(value, set | frozenset):
        return sorted(map(digest, value))
    if isinstance(value, pd.Index):
        return [[*value.names], repr(value.dtype), value.to_numpy()]
    if isinstance(value, pd.Series):
        return [value.name, repr(value.dtype), value.index, value.to_numpy()]
    alike = value.dtypes.nunique() == 1  # then at once
    arrays = [value] if alike else [column for _, column in value.items()]
    kinds = [repr(kind) for kind in (value.dtypes.head(1) if alike else value.dtypes)]
    return [value.index, value.columns, kinds, *(each.to_numpy() for each in arrays)]


# Of the code as it was loaded: once its files are edited, nothing is kept in this process.
_LOADED = (_stamps(), _code())


def _read(path: Path) -> tuple[Any] | None:
    """The result in a file, in a tuple; None where there is none that is whole."""
    try:
        data = path.read_bytes()
        if hashlib.sha256(data[32:]).digest() != data[:32]:
            return None
        os.utime(path)  # the longest unused go first
        return (pickle.loads(data[32:]),)
    except Exception:  # not there, damaged, or of classes that are no more
        return None


def _write(path: Path, result: Any) -> None:
    """Put a result into a file, whole or not at all, and remove the longest unused over the limit."""
    data = pickle.dumps(result, pickle.HIGHEST_PROTOCOL)
    handle, part = tempfile.mkstemp(dir=path.parent, suffix=".part")
    with os.fdopen(handle, "wb") as file:
        file.write(hashlib.sha256(data).digest() + data)
    os.replace(part, path)
    found = []
    for entry in os.scandir(path.parent):
        with suppress(OSError):  # removed by another process meanwhile
            found.append((entry.stat().st_mtime, entry.stat().st_size, entry.path))
    size = sum(each for _, each, _ in found)
    for _, each, name in sorted(found):
        if size <= MOST_BYTES:
            break
        Path(name).unlink(missing_ok=True)
        size -= each
