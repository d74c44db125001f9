"""Copy the file at an address to a temporary file, with fsspec. No other module opens a connection."""

import atexit
import contextlib
import errno
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from segcli.errors import InputProblem, SegcliError
from segcli.io.compression import MAX_UNPACKED_BYTES
from segcli.io.write import report_write_errors
from segcli.location import find_address, record_copy

SCHEMES = ("https", "s3", "gs")
MAX_REMOTE_BYTES = MAX_UNPACKED_BYTES
CONNECT_SECONDS, READ_SECONDS = 30, 120  # without a byte
_DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
_LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
_PACKAGES: Mapping[str, str] = MappingProxyType({"s3": "s3fs", "gs": "gcsfs"})  # that fsspec needs
_STATUS_REMEDIES: Mapping[int, str] = MappingProxyType(
    dict.fromkeys((401, 403), "check the token in the address, or your credentials")
)


def fetch_file(name: str) -> int:
    """Copy the file at an address to a temporary file, which is removed at the end, and return its size in bytes.

    Args:
        name: name of the address; messages show nothing else of it.

    Raises:
        InputProblem: if it cannot be read, is too large, or a package for its scheme is not installed.
        EnvironmentProblem: if the disk is full.
    """
    address = find_address(name)
    scheme = _check_scheme(address, name)
    with report_write_errors(tempfile.gettempdir()):
        folder = tempfile.mkdtemp(prefix="segcli-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    copy = Path(folder) / "input"
    with report_write_errors(folder), _report_failures(name, scheme):
        files = _open_file_system(scheme)
        try:
            files.get_file(address, str(copy), callback=_build_size_limit(name))
        finally:
            _close_session(files)
    record_copy(name, copy)
    return copy.stat().st_size


def _check_scheme(address: str, name: str) -> str:
    scheme = urlsplit(address).scheme
    if scheme == "http" and urlsplit(address).hostname not in _LOCAL_HOSTS:
        raise InputProblem("not encrypted", source=name, remedy="use https, or download the file")
    if scheme not in {*SCHEMES, "http"}:
        problem = f"{scheme}: not supported; available: {', '.join(SCHEMES)}"
        raise InputProblem(problem, source=name, remedy="download the file, and name its path")
    return scheme


def _open_file_system(scheme: str) -> Any:  # noqa: ANN401 - an object of a library without types
    import fsspec

    if scheme not in {"http", "https"}:
        return fsspec.filesystem(scheme, skip_instance_cache=True)
    from aiohttp import ClientTimeout

    timeout = ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=READ_SECONDS)
    client = {"timeout": timeout, "trust_env": True}  # proxies as in HTTPS_PROXY
    return fsspec.filesystem(scheme, client_kwargs=client, encoded=True, skip_instance_cache=True)


def _close_session(files: Any) -> None:  # noqa: ANN401 - see _open_file_system
    """Close the connections now: the garbage collector may do so in a thread where it fails."""
    session = getattr(files, "_session", None)
    if session is not None:
        from fsspec.asyn import sync

        with contextlib.suppress(TimeoutError):
            sync(files.loop, session.close, timeout=CONNECT_SECONDS)


def _build_size_limit(name: str) -> Any:  # noqa: ANN401 - see _open_file_system
    from fsspec.callbacks import Callback

    class SizeLimit(Callback):  # type: ignore[misc]
        def relative_update(self, inc: int = 1) -> None:
            super().relative_update(inc)
            if self.value > MAX_REMOTE_BYTES:
                problem = f"larger than {MAX_REMOTE_BYTES / 2**30:,.0f} GiB"
                raise InputProblem(problem, source=name, remedy="split the file by customer")

    return SizeLimit()


@contextlib.contextmanager
def _report_failures(name: str, scheme: str) -> Iterator[None]:
    """Turn the failures of libraries, whose messages may show the whole address, into problems of the input."""
    try:
        yield
    except SegcliError:
        raise
    except ImportError:
        package = _PACKAGES.get(scheme)
        remedy = f"pip install 'segcli[{scheme}]'" if package else "pip install 'segcli[remote]'"
        problem = f"{package or 'fsspec'} is not installed, which reads {scheme} addresses"
        raise InputProblem(problem, source=name, remedy=remedy) from None
    except FileNotFoundError:
        raise InputProblem("no such file", source=name, remedy="check the address") from None
    except OSError as error:
        if error.errno in _DISK_ERRORS:
            raise
        raise _build_problem(error, name) from None
    except Exception as error:  # noqa: BLE001 - libraries of three services raise their own errors
        raise _build_problem(error, name) from None


def _build_problem(error: Exception, name: str) -> InputProblem:
    status = getattr(error, "status", None)
    reason = f"status {status}" if isinstance(status, int) else type(error).__name__
    remedy = _STATUS_REMEDIES.get(status or 0, "check the address, your credentials and the network")
    return InputProblem(f"cannot be read ({reason})", source=name, remedy=remedy)
