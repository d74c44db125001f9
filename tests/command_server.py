"""Commands forked from a process that has imported everything, which is most of the time of a start.

`ask` stands where `python -m segcli` would: it hands its arguments, folder, environment and streams to `serve`, and
ends as the command ends, by exit code or by signal. What a Python heeds only when it starts is left to a new one.
"""

import array
import importlib
import io
import json
import os
import pkgutil
import signal
import socket
import sys
from pathlib import Path

AT_START = ("PYTHON", "LANG", "LC_", "TZ", "OMP_", "TYPER_")
WITHOUT_POSIX = str(Path(__file__).parent / "io" / "windows_like")
OWN = {"LC_ALL": "C.UTF-8", "PYTHON": sys.executable, "PYTHONPATH": WITHOUT_POSIX}  # of these tests, and of the server
STREAMS = {"stdin": "surrogateescape", "stdout": "surrogateescape", "stderr": "backslashreplace"}  # as C.UTF-8 has it
DEFERRED = (  # imports in functions
    "jinja2",
    "matplotlib.backends.backend_svg",
    "matplotlib.figure",
    "matplotlib.style",
    "pandas.core.methods.to_dict",
    "pyarrow.csv",
    "pyarrow.pandas_compat",
    "pydantic.type_adapter",
    "sklearn.cluster",
)


def ask(door: str, arguments: list[str]) -> None:
    """Have the command run by the server at this socket."""
    early = {name for name, value in os.environ.items() if name.startswith(AT_START) and OWN.get(name) != value}
    if early or None in (sys.stdin, sys.stdout, sys.stderr):
        os.execv(sys.executable, [sys.executable, "-m", "segcli", *arguments])  # noqa: S606
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(door)
        wanted = json.dumps([arguments, str(Path.cwd()), dict(os.environ)]).encode()
        streams = array.array("i", [0, 1, 2])
        server.sendmsg([len(wanted).to_bytes(8)], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, streams)])
        server.sendall(wanted)
        code = int(server.recv(8))
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


def serve(door: str) -> None:
    """Answer until killed; each command has a parent of its own, which tells how it ended."""
    import segcli

    ours = (module.name for module in pkgutil.walk_packages(segcli.__path__, "segcli."))
    for name in (*DEFERRED, *(name for name in ours if name != "segcli.__main__")):
        importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the parents
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(door)
        listener.listen(16)
        while True:
            asked, _ = listener.accept()
            if os.fork() == 0:
                _answer(asked)
            asked.close()


def _answer(asked: socket.socket) -> None:
    head, streams, _, _ = socket.recv_fds(asked, 8, 3)
    wanted = json.loads(asked.recv(int.from_bytes(head), socket.MSG_WAITALL))
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if (command := os.fork()) == 0:
        _become(streams, *wanted)
    for stream in streams:
        os.close(stream)
    _, status = os.waitpid(command, 0)
    asked.sendall(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _become(streams: list[int], arguments: list[str], folder: str, environment: dict[str, str]) -> None:
    from segcli.cli import run_and_exit

    for number, (name, errors) in enumerate(STREAMS.items()):
        os.dup2(streams[number], number)
        raw = os.fdopen(number, "wb" if number else "rb")
        made = io.TextIOWrapper(raw, "utf-8", errors, line_buffering=name == "stderr" or raw.isatty())
        setattr(sys, name, made)
        setattr(sys, f"__{name}__", made)
    os.closerange(3, max(streams) + 1)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["segcli", *arguments]
    run_and_exit()


if __name__ == "__main__":
    door, *command = sys.argv[1:]
    ask(door, command[1:]) if command else serve(door)
