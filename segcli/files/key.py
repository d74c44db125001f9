"""The secret key of pseudonyms: in a file of its own that only its owner can read."""

import hashlib
import hmac
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from segcli.errors import UsageProblem
from segcli.files.write import environment

if TYPE_CHECKING:
    import pandas as pd

BYTES = 32
PREFIX = "p-"
DIGITS = 24  # hexadecimal: 96 bits, so that among ten million people two would meet by chance once in 10^15 tries
PSEUDONYM = rf"{PREFIX}[0-9a-f]{{{DIGITS}}}"


@dataclass(frozen=True)
class Key:
    """A secret; `id` tells which one was used and gives nothing away."""

    secret: bytes = field(repr=False)

    @property
    def id(self) -> str:
        """Eight hexadecimal digits."""
        return self._digest("key id")[:8]

    def pseudonym(self, text: str) -> str:
        """The keyed pseudonym of a text (HMAC-SHA256, RFC 2104); one that is a pseudonym already stays.

        A bare hash would not do: whoever can list all ids can hash them and look up who is who.
        """
        return PREFIX + self._digest(f"pseudonym:{text}")[:DIGITS]

    def pseudonyms(self, texts: "pd.Series") -> "pd.Series":
        """The pseudonym of each text; what is blank or missing, and what is a pseudonym already, stays."""
        found = {text: self.pseudonym(text) for text in texts.dropna().unique() if text and not is_pseudonym(text)}
        return texts.map(lambda text: found.get(text, text)).astype("str")

    def fraction(self, purpose: str, text: str) -> float:
        """A number from 0 to below 1 that nobody without the key can foretell; the same each time."""
        return int(self._digest(f"{purpose}:{text}")[:13], 16) / 16**13

    def _digest(self, text: str) -> str:
        return hmac.digest(self.secret, text.encode(), hashlib.sha256).hex()


def is_pseudonym(text: str) -> bool:
    """Whether a text has the form of a pseudonym.

    >>> is_pseudonym("p-0123456789abcdef01234567"), is_pseudonym("p-17")
    (True, False)
    """
    rest = text.removeprefix(PREFIX)
    return len(text) == len(PREFIX) + DIGITS and len(rest) == DIGITS and set(rest) <= set("0123456789abcdef")


def load(path: str) -> Key:
    """The key in a file.

    Raises:
        UsageProblem: it is no key, or others than its owner may read it.
        EnvironmentProblem: it cannot be read.
    """
    with environment(path):
        text = Path(path).read_text(encoding="ascii", errors="replace").strip()
        mode = stat.S_IMODE(Path(path).stat().st_mode)
    if mode & 0o077:
        raise UsageProblem(f"{path}: others may read this key (mode {mode:04o}); chmod 600 it, or make another")
    try:
        secret = bytes.fromhex(text)
    except ValueError:
        secret = b""
    if len(secret) != BYTES:
        raise UsageProblem(f"{path}: is no key; a key is {2 * BYTES} hexadecimal digits. Name a file that is not there")
    return Key(secret)


def load_or_make(path: str) -> tuple[Key, bool]:
    """The key in a file, made with mode 0600 where there is none, and whether it was made.

    Raises:
        UsageProblem: it is no key, or others than its owner may read it.
        EnvironmentProblem: it can be neither read nor made.
    """
    if Path(path).exists():
        return load(path), False
    with environment(path):
        Path(path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(BYTES) + "\n")
    return load(path), True


def refuse_inside(path: str, folder: str) -> None:
    """Refuse a key among the results that it protects: whoever gets them would get the key with them.

    Raises:
        UsageProblem: it lies in the folder.
    """
    if Path(path).resolve().is_relative_to(Path(folder).resolve()):
        raise UsageProblem(f"{path}: the key lies in the output folder {folder}; keep it elsewhere (privacy.key_file)")
