"""What all visitors of the app share, loaded once.

Streamlit's own cache will not do: any visitor can have it emptied, by a message that the page does not send.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

_loaded: dict[str, tuple[int, Any]] = {}
_lock = threading.RLock()  # what is loaded may need other parts of it


def shared(name: str, stamp: int, load: Callable[[], Any]) -> Any:
    """What `load` returned when it was called for this name and stamp; for another stamp, it is called again."""
    with _lock:
        if name not in _loaded or _loaded[name][0] != stamp:
            _loaded[name] = stamp, load()
        return _loaded[name][1]


def forget() -> None:
    """Load everything again; for tests."""
    with _lock:
        _loaded.clear()
