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
from segcli.files.write import report_write_errors

if TYPE_CHECKING:
    import pandas as pd

KEY_BYTES = 32
PSEUDONYM_PREFIX = "p-"
PSEUDONYM_DIGITS = (
    24  # hexadecimal: 96 bits, so that among ten million people two would meet by chance once in 10^15 tries
)
PSEUDONYM_PATTERN = rf"{PSEUDONYM_PREFIX}[0-9a-f]{{{PSEUDONYM_DIGITS}}}"


@dataclass(frozen=True)
class PseudonymKey:
    """A secret; `key_id` tells which one was used and gives nothing away."""

    secret: bytes = field(repr=False)

    @property
    def key_id(self) -> str:
        """Eight hexadecimal digits."""
        return self._hmac_digest("key id")[:8]

    def pseudonymise_text(self, text: str) -> str:
        """The keyed pseudonym of a text (HMAC-SHA256, RFC 2104); one that is a pseudonym already stays.

        A bare hash would not do: whoever can list all ids can hash them and look up who is who.
        """
        return PSEUDONYM_PREFIX + self._hmac_digest(f"pseudonym:{text}")[:PSEUDONYM_DIGITS]

    def pseudonymise_series(self, texts: "pd.Series") -> "pd.Series":
        """The pseudonym of each text; what is blank or missing, and what is a pseudonym already, stays."""
        pseudonym_by_text = {
            text: self.pseudonymise_text(text) for text in texts.dropna().unique() if text and not is_pseudonym(text)
        }
        return texts.map(lambda text: pseudonym_by_text.get(text, text)).astype("str")

    def random_fraction(self, purpose: str, text: str) -> float:
        """A number from 0 to below 1 that nobody without the key can foretell; the same each time."""
        return int(self._hmac_digest(f"{purpose}:{text}")[:13], 16) / 16**13

    def _hmac_digest(self, text: str) -> str:
        return hmac.digest(self.secret, text.encode(), hashlib.sha256).hex()


def is_pseudonym(text: str) -> bool:
    """Whether a text has the form of a pseudonym.

    >>> is_pseudonym("p-0123456789abcdef01234567"), is_pseudonym("p-17")
    (True, False)
    """
    digits = text.removeprefix(PSEUDONYM_PREFIX)
    return (
        len(text) == len(PSEUDONYM_PREFIX) + PSEUDONYM_DIGITS
        and len(digits) == PSEUDONYM_DIGITS
        and set(digits) <= set("0123456789abcdef")
    )


def load_key(path: str) -> PseudonymKey:
    """The key in a file.

    Raises:
        UsageProblem: it is no key, or others than its owner may read it.
        EnvironmentProblem: it cannot be read.
    """
    with report_write_errors(path):
        text = Path(path).read_text(encoding="ascii", errors="replace").strip()
        mode = stat.S_IMODE(Path(path).stat().st_mode)
    if mode & 0o077:
        raise UsageProblem(f"{path}: others may read this key (mode {mode:04o}); chmod 600 it, or make another")
    try:
        secret = bytes.fromhex(text)
    except ValueError:
        secret = b""
    if len(secret) != KEY_BYTES:
        raise UsageProblem(
            f"{path}: is no key; a key is {2 * KEY_BYTES} hexadecimal digits. Name a file that is not there"
        )
    return PseudonymKey(secret)


def load_or_create_key(path: str) -> tuple[PseudonymKey, bool]:
    """The key in a file, made with mode 0600 where there is none, and whether it was made.

    Raises:
        UsageProblem: it is no key, or others than its owner may read it.
        EnvironmentProblem: it can be neither read nor made.
    """
    if Path(path).exists():
        return load_key(path), False
    with report_write_errors(path):
        Path(path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(KEY_BYTES) + "\n")
    return load_key(path), True


def refuse_key_inside(path: str, folder: str) -> None:
    """Refuse a key among the results that it protects: whoever gets them would get the key with them.

    Raises:
        UsageProblem: it lies in the folder.
    """
    if Path(path).resolve().is_relative_to(Path(folder).resolve()):
        raise UsageProblem(f"{path}: the key lies in the output folder {folder}; keep it elsewhere (privacy.key_file)")
