"""Secret key of pseudonyms, stored in its own file that only the owner can read."""

import hashlib
import hmac
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from segcli.errors import UsageProblem
from segcli.io.write import report_write_errors

if TYPE_CHECKING:
    import pandas as pd

HAS_FILE_MODES = os.name == "posix"  # Windows restricts files with access lists, and its modes say nothing of them
KEY_BYTES = 32
PSEUDONYM_PREFIX = "p-"
PSEUDONYM_DIGITS = (
    24  # hexadecimal: 96 bits; among ten million customers, the probability of any collision is about 10^-15
)
PSEUDONYM_PATTERN = rf"{PSEUDONYM_PREFIX}[0-9a-f]{{{PSEUDONYM_DIGITS}}}"


@dataclass(frozen=True)
class PseudonymKey:
    """Secret key; `key_id` identifies it without revealing it."""

    secret: bytes = field(repr=False)

    @property
    def key_id(self) -> str:
        """Identifier of the key: eight hexadecimal digits."""
        return self._hmac_digest("key id")[:8]

    def pseudonymise_text(self, text: str) -> str:
        """Return the keyed pseudonym of a text (HMAC-SHA256, RFC 2104).

        A plain hash is not sufficient: anyone who can list all ids can hash them and look up the customers.
        """
        return PSEUDONYM_PREFIX + self._hmac_digest(f"pseudonym:{text}")[:PSEUDONYM_DIGITS]

    def pseudonymise_series(self, texts: "pd.Series") -> "pd.Series":
        """Return the pseudonym of each text; blank or missing texts and existing pseudonyms stay unchanged."""
        pseudonym_by_text = {
            text: self.pseudonymise_text(text) for text in texts.dropna().unique() if text and not is_pseudonym(text)
        }
        return texts.map(lambda text: pseudonym_by_text.get(text, text)).astype("str")

    def random_fraction(self, purpose: str, text: str) -> float:
        """Return a number from 0 to below 1 that is reproducible, but unpredictable without the key."""
        return int(self._hmac_digest(f"{purpose}:{text}")[:13], 16) / 16**13

    def _hmac_digest(self, text: str) -> str:
        return hmac.digest(self.secret, text.encode(), hashlib.sha256).hex()


def is_pseudonym(text: str) -> bool:
    """Return whether a text has the form of a pseudonym.

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
    """Load a key from a file.

    Raises:
        UsageProblem: if it is not a key, or other users have access to it.
        EnvironmentProblem: if it cannot be read.
    """
    with report_write_errors(path):
        text = Path(path).read_text(encoding="ascii", errors="replace").strip()
        mode = stat.S_IMODE(Path(path).stat().st_mode)
    if mode & 0o077 and HAS_FILE_MODES:
        raise UsageProblem(
            f"{path}: key readable by other users (mode {mode:04o}); "
            "hint: run chmod 600 on the file, or create another key"
        )
    try:
        secret = bytes.fromhex(text)
    except ValueError:
        secret = b""
    if len(secret) != KEY_BYTES:
        raise UsageProblem(
            f"{path}: not a key file (expected {2 * KEY_BYTES} hexadecimal digits); "
            "hint: choose a path that does not exist yet to create a key"
        )
    return PseudonymKey(secret)


def load_or_create_key(path: str) -> tuple[PseudonymKey, bool]:
    """Load a key from a file, or create the file with mode 0600; return the key and whether it was created.

    Raises:
        UsageProblem: if it is not a key, or other users have access to it.
        EnvironmentProblem: if it can be neither read nor created.
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
    """Reject a key inside the output folder: anyone with access to the results would have access to the key.

    Raises:
        UsageProblem: if the key is in the folder.
    """
    if Path(path).resolve().is_relative_to(Path(folder).resolve()):
        raise UsageProblem(
            f"{path}: key file inside the output folder {folder}; hint: set privacy.key_file to another folder"
        )
