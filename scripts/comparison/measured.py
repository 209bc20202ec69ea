"""Run a command and write what it cost. Standard library only.

usage: measured.py RESULT COMMAND...

A process of its own, for a child's peak memory is never below that of the process that starts it, and this one is
small. RESULT gets the seconds, the peak memory in bytes and the exit status, as JSON.
"""

import json
import os
import sys
import time

if __name__ == "__main__":
    start = time.perf_counter()
    child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - start
    memory = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    with open(sys.argv[1], "w", encoding="utf8") as f:
        json.dump({"seconds": seconds, "memory": memory, "status": os.waitstatus_to_exitcode(status)}, f)
