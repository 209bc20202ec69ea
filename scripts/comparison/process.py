"""Programs, measured."""

import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent


def run(command, env=None):
    """(seconds of the whole process, its peak memory in bytes, its standard output); stops when it fails."""
    command = [str(c) for c in command]
    with tempfile.TemporaryDirectory() as folder:
        result = pathlib.Path(folder) / "result.json"
        done = subprocess.run([sys.executable, "-S", HERE / "measured.py", result, *command],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, env=env)
        if done.returncode:
            raise SystemExit(done.stderr)
        cost = json.loads(result.read_text(encoding="utf8"))
    if cost["status"]:
        raise SystemExit(f"{pathlib.Path(command[0]).name} ended with {cost['status']}\n{done.stderr[-3000:]}")
    return cost["seconds"], cost["memory"], done.stdout
