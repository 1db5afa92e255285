"""A cache of objects shared by all visitors of the app, such as the model.

Streamlit's own cache is not suitable: any client can clear it with a message that the page itself never sends.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

_loaded: dict[str, tuple[int, Any]] = {}
_lock = threading.RLock()  # re-entrant, because `load` may itself call `shared`


def shared(name: str, stamp: int, load: Callable[[], Any]) -> Any:
    """The result of `load()`, cached by name; `load` is called again when `stamp` changes."""
    with _lock:
        if name not in _loaded or _loaded[name][0] != stamp:
            _loaded[name] = stamp, load()
        return _loaded[name][1]


def forget() -> None:
    """Clear the cache; for tests."""
    with _lock:
        _loaded.clear()
