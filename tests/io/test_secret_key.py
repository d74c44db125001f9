"""Keys and pseudonyms: the same key gives the same, another key nothing in common, and nobody else reads the key."""

import hashlib
import hmac
import stat
from pathlib import Path

import pandas as pd
import pytest

from segcli.errors import EnvironmentProblem, UsageProblem
from segcli.io import secret_key

ONE, OTHER = secret_key.PseudonymKey(bytes(range(32))), secret_key.PseudonymKey(bytes(32))


def test_a_pseudonym_is_the_hmac_of_the_text() -> None:
    by_hand = hmac.new(bytes(range(32)), b"pseudonym:C-00017", hashlib.sha256).hexdigest()
    assert ONE.pseudonymise_text("C-00017") == f"p-{by_hand[:24]}"
    bare = hashlib.sha256(b"C-00017").hexdigest()
    assert bare[:24] not in ONE.pseudonymise_text("C-00017")


def test_the_same_key_gives_the_same_and_another_one_nothing_in_common() -> None:
    ids = [f"C-{n:05}" for n in range(2_000)]
    one, again, other = (
        [k.pseudonymise_text(i) for i in ids] for k in (ONE, secret_key.PseudonymKey(bytes(range(32))), OTHER)
    )
    assert one == again
    assert len(set(one)) == len(ids)
    assert not set(one) & set(other)
    # nor do the orders of the two have anything to do with each other
    ranks = pd.DataFrame({"one": one, "other": other}).rank()
    assert abs(ranks.corr().iloc[0, 1]) < 0.1


def test_what_is_a_pseudonym_or_blank_stays() -> None:
    found = ONE.pseudonymise_series(pd.Series(["a", "", OTHER.pseudonymise_text("b"), "a"], dtype="str"))
    assert found.tolist() == [ONE.pseudonymise_text("a"), "", OTHER.pseudonymise_text("b"), ONE.pseudonymise_text("a")]


def test_fractions_are_spread_evenly_and_differ_by_purpose() -> None:
    drawn = [ONE.random_fraction("spring", f"C-{n}") for n in range(20_000)]
    assert min(drawn) >= 0
    assert max(drawn) < 1
    assert sum(one < 0.1 for one in drawn) == pytest.approx(2_000, abs=130)  # three standard deviations
    both = sum(one < 0.1 and ONE.random_fraction("autumn", f"C-{n}") < 0.1 for n, one in enumerate(drawn))
    assert both == pytest.approx(200, abs=45)


def test_a_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "key"
    made, fresh = secret_key.load_or_create_key(str(path))
    again, second = secret_key.load_or_create_key(str(path))
    assert (fresh, second) == (True, False)
    assert made == again
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert made.secret.hex() not in repr(made)


def test_the_id_of_a_key_tells_keys_apart_and_not_the_key() -> None:
    assert ONE.key_id != OTHER.key_id
    assert ONE.key_id not in ONE.secret.hex()


@pytest.mark.parametrize(("text", "mode"), [("00" * 32, 0o640), ("00" * 31, 0o600), ("no key", 0o600), ("", 0o600)])
def test_what_is_no_key_of_its_owner_alone_is_refused(tmp_path: Path, text: str, mode: int) -> None:
    path = tmp_path / "key"
    path.write_text(text)
    path.chmod(mode)
    with pytest.raises(UsageProblem, match=r"key readable by other users|not a key file"):
        secret_key.load_key(str(path))


def test_a_key_among_the_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match=r"set privacy\.key_file to another folder"):
        secret_key.refuse_key_inside(str(tmp_path / "out" / "key"), str(tmp_path / "out"))
    secret_key.refuse_key_inside(str(tmp_path / "key"), str(tmp_path / "out"))


def test_a_key_that_cannot_be_made_is_the_environments_fault(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentProblem):
        secret_key.load_or_create_key(str(tmp_path / "file" / "key"))
