"""What a process that holds keys does first: no core file, and no other process of the same user reads its memory.

It refuses nothing: where the system knows no such thing, the operator's duty to encrypt swap and disks remains.
"""

import ctypes
import resource
import signal
import sys

SET_DUMPABLE, SET_PDEATHSIG = 4, 1  # prctl(2)


def keep_private() -> None:
    """No core file, and not dumpable, from now on and for every child."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(SET_DUMPABLE, 0, 0, 0, 0)


def end_with_parent() -> None:
    """A process of a server whose first process was killed finishes what it does and ends, instead of serving on."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
