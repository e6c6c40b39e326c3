"""Python processes that start warm: forks of one that has imported the large packages and nothing of the library.

A study in a test starts dozens of processes. Each takes one to three seconds of a processor to import TensorFlow,
pandas, Matplotlib and Snakemake, longer than its work. `Warm.python` is an executable that takes the arguments of
Python; it asks a server for a fork, which runs them in the caller's folder, environment and streams. Everything else is
as in a process of its own, the library included: it is imported from where Snakemake finds it.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

PACKAGES = (
    "tensorflow",
    "snakemake.cli",
    "snakemake.script",
    "pyarrow.parquet",
    "scipy.optimize",
    "scipy.stats",
    "seaborn",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg",
    "sklearn.datasets",
    "jinja2",
    "pydantic",
    "yaml",
)
ENVIRONMENT = {
    "TF_USE_LEGACY_KERAS": "1",  # without Keras, as in a job
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "OPENBLAS_NUM_THREADS": "1",  # its threads would not survive a fork
    "MPLBACKEND": "agg",
}
EXECUTABLE = """\
#!/bin/sh
exec '{python}' -IS '{client}' "$@"
"""
CLIENT = """\
import json, os, socket, sys
request = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
with socket.socket(socket.AF_UNIX) as connection:
    connection.connect({address!r})
    socket.send_fds(connection, [len(request).to_bytes(8, "little")], [0, 1, 2])
    connection.sendall(request)
    os._exit(int.from_bytes(connection.recv(1), "little"))
"""


class Warm:
    """A server of forks, and the executable that asks it for one."""

    def __init__(self, folder: Path) -> None:
        self.python = folder / "python"
        client, address = folder / "client.py", str(folder / "socket")
        client.write_text(CLIENT.format(address=address))
        self.python.write_text(EXECUTABLE.format(python=sys.executable, client=client))
        self.python.chmod(0o755)
        self._server = subprocess.Popen(
            [sys.executable, __file__, address, str(self.python)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | ENVIRONMENT,
            start_new_session=True,
        )
        assert self._server.stdout is not None
        assert self._server.stdout.readline() == b"ready\n"

    def stop(self) -> None:
        """End the server; its standard input tells it to."""
        self._server.communicate()


def _serve(address: str, python: str) -> None:
    """Fork for every connection, until standard input is closed."""
    for name in PACKAGES:
        importlib.import_module(name)
    for name in ENVIRONMENT:
        os.environ.pop(name, None)
    sys.executable = python
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries forks
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(address)
        server.listen(64)
        print("ready", flush=True)
        while True:
            ready, _, _ = select.select([server, sys.stdin], [], [])
            if sys.stdin in ready:
                return
            connection, _ = server.accept()
            if os.fork() == 0:
                server.close()
                _answer(connection)
            connection.close()


def _answer(connection: socket.socket) -> None:
    """Fork the process that is asked for, send its exit code, and kill it if the caller is gone."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    length, streams, _, _ = socket.recv_fds(connection, 8, 3)
    with connection.makefile("rb") as file:
        request = json.loads(file.read(int.from_bytes(length, "little")))
    child = os.fork()
    if child == 0:
        connection.close()
        os.setsid()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        _run(*request)
    for stream in streams:
        os.close(stream)
    ready, _, _ = select.select([connection, os.pidfd_open(child)], [], [])
    if connection in ready:
        os.killpg(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    try:
        connection.send(bytes([os.waitstatus_to_exitcode(status) % 256]))
    finally:
        os._exit(0)


def _run(arguments: list[str], folder: str, environment: dict[str, str]) -> None:
    """Do what Python does with arguments: ``-m module …``, ``-c code …`` or ``file …``."""
    code: Any = 0
    try:
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        sys.path[0:1] = filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))
        first, *rest = arguments
        if first == "-m":
            sys.path.insert(0, folder)
            sys.argv = rest
            runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
        elif first == "-c":
            sys.path.insert(0, "")
            sys.argv = ["-c", *rest[1:]]
            exec(compile(rest[0], "<string>", "exec"), {"__name__": "__main__"})
        else:
            sys.path.insert(0, str(Path(first).resolve().parent))
            sys.argv = arguments
            runpy.run_path(first, run_name="__main__")
    except SystemExit as error:
        code = error.code or 0
        if not isinstance(code, int):
            print(code, file=sys.stderr)
            code = 1
    except BaseException:
        traceback.print_exc()
        code = 1
    try:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


if __name__ == "__main__":
    _serve(*sys.argv[1:])
