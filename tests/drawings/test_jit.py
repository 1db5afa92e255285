"""Compiling is announced when it happens, and only then."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numba
import pytest
from numba.core import event

from sketch_classifier.drawings import jit
from sketch_classifier.drawings.stoppable import stoppable

SCRIPT = """
from sketch_classifier.drawings import simplify
simplify.simplify([[[[0.0, 30.5, 80.0], [0.0, 40.5, 90.0]]]])
"""
LINE = "compiling the drawing code"


def said(cache, script=SCRIPT) -> list[str]:
    environment = os.environ | {"NUMBA_CACHE_DIR": str(cache)}
    done = subprocess.run([sys.executable, "-c", script], check=True, env=environment, capture_output=True, text=True)
    return done.stderr.splitlines()


@pytest.mark.slow
def test_the_first_run_says_once_that_it_compiles_and_the_second_says_nothing(tmp_path):
    assert said(tmp_path) == [f"{LINE} (once; later runs load it from the cache)"]
    assert list(tmp_path.rglob("*.nbc"))
    assert said(tmp_path) == []


def test_the_code_of_others_compiles_in_silence(tmp_path):
    script = "import numba, sketch_classifier.drawings.jit\nassert numba.njit(lambda x: x + 1)(1) == 2"
    assert said(tmp_path, script=script) == []


class CtrlC(event.Listener):
    """Presses Ctrl-C in a callback of C, as LLVM has them, at the first event."""

    pressed = False

    def on_start(self, event):
        if not self.pressed:
            self.pressed = True
            ctypes.PYFUNCTYPE(None)(lambda: signal.raise_signal(signal.SIGINT))()

    def on_end(self, event):
        pass


def test_ctrl_c_ends_compiling():
    """Python itself prints the exception that comes there, and forgets it."""
    function = numba.njit(lambda x: x + 1)
    with event.install_listener("numba:run_pass", CtrlC()), pytest.raises(KeyboardInterrupt):
        function(1)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler and not jit.abandoned.is_set()
    assert function(1) == 2


def test_ctrl_c_ends_compiling_in_other_threads():
    compiling, go_on = threading.Event(), threading.Event()

    class Slow(event.Listener):
        def on_start(self, event):
            compiling.set()
            go_on.wait()

        def on_end(self, event):
            pass

    ended = []

    def work(share, stop):
        try:
            numba.njit(lambda x: x + share)(1)
        except KeyboardInterrupt:
            ended.append(share)

    def press():
        compiling.wait()
        time.sleep(0.2)  # until the main thread, which has just started the other one, waits for it
        os.kill(os.getpid(), signal.SIGINT)
        jit.abandoned.wait()
        go_on.set()

    with event.install_listener("numba:compile", Slow()), ThreadPoolExecutor(1) as pool:
        pool.submit(press)
        with pytest.raises(KeyboardInterrupt):
            stoppable(work, [1, 2], 10, threads=1)
    assert ended == [1] and not jit.abandoned.is_set()
