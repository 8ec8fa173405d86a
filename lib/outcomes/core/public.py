"""The public names of a package, as its stub (``__init__.pyi``) lists them, loaded when first used.

An editor reads the stub, so that each name can be followed to where it is defined.
"""

from collections.abc import Callable
from typing import Any

import lazy_loader

from outcomes.core.errors import nearest


def attach(
    package: str, file: str
) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """``__getattr__``, ``__dir__`` and ``__all__`` of a package, for its ``__init__``.

    ``package`` is its ``__name__`` and ``file`` its ``__file__``, beside which the stub lies. A
    name that the stub does not list raises AttributeError with the nearest that it does.

    >>> import outcomes.methods
    >>> get, names, public = attach(outcomes.methods.__name__, outcomes.methods.__file__)
    >>> "intervals" in public, names() == public
    (True, True)
    >>> get("intervalls")
    Traceback (most recent call last):
    AttributeError: module 'outcomes.methods' has no attribute 'intervalls'. \
Did you mean 'intervals'?
    """
    load, names, public = lazy_loader.attach_stub(package, file)

    def get(name: str) -> Any:
        if name in public:
            return load(name)
        guess = None if name.startswith("_") else nearest(name, public)
        hint = f" Did you mean {guess!r}?" if guess else ""
        raise AttributeError(f"module {package!r} has no attribute {name!r}.{hint}")

    return get, names, public
