"""The installation's keys: what they seal, which of them are refused, and where they come from."""

import os
import stat
from pathlib import Path

import pytest

from scheduler.keys import (
    PREFIX,
    Keys,
    NoKey,
    NoSecretFile,
    OpenSecret,
    SealedByAnother,
    WeakKey,
    key_file_beside,
    keys_of,
    new_key,
    put_first,
    sealed_by,
    write_key,
)
from scheduler.settings import Settings

SEED = b"JBSWY3DPEHPK3PXP"


def test_what_is_sealed_can_be_unsealed_and_hides_what_it_was() -> None:
    keys = Keys([new_key()])

    sealed = keys.seal(SEED)

    assert keys.unseal(sealed) == SEED
    assert SEED not in sealed
    assert sealed_by(sealed) == keys.ids[0]
    assert keys.seal(SEED) != sealed


def test_first_key_seals_and_all_unseal() -> None:
    old, new = new_key(), new_key()
    sealed_before = Keys([old]).seal(SEED)

    both = Keys([new, old])

    assert both.unseal(sealed_before) == SEED
    assert sealed_by(both.seal(SEED)) == new.id
    with pytest.raises(SealedByAnother, match=old.id):
        Keys([new]).unseal(sealed_before)


def test_one_changed_byte_is_noticed() -> None:
    keys = Keys([new_key()])
    sealed = keys.seal(SEED)

    for position in range(len(sealed)):
        changed = sealed[:position] + bytes([sealed[position] ^ 1]) + sealed[position + 1 :]
        with pytest.raises(SealedByAnother):
            keys.unseal(changed)


@pytest.mark.parametrize("text", [b"", b"JBSWY3DPEHPK3PXP", b"s1:abc", b"\xff\xfe"])
def test_what_was_never_sealed_is_refused(text: bytes) -> None:
    with pytest.raises(SealedByAnother):
        Keys([new_key()]).unseal(text)


@pytest.mark.parametrize(
    "text",
    [
        "changeme",
        "secret",
        PREFIX,
        f"{PREFIX}{'A' * 43}=",
        f"{PREFIX}{'QUJD' * 10}QUI=",
        new_key().text[:-8],
        new_key().text.removeprefix(PREFIX),
    ],
    ids=["a default", "a word", "nothing", "one letter", "a few letters", "too short", "no sign of a key"],
)
def test_weak_key_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(WeakKey) as refused:
        keys_of(Settings(secret_key=text))

    assert refused.value.setting == "CHAIRTIME_SECRET_KEY"
    assert text not in refused.value.message or text == PREFIX


def test_keys_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    new, old = new_key(), new_key()
    monkeypatch.setenv("CHAIRTIME_SECRET_KEY", f"{new.text}, {old.text}")

    settings = Settings()

    assert keys_of(settings).ids == (new.id, old.id)
    assert new.text not in repr(settings) + str(settings) + repr(keys_of(settings)) + repr(keys_of(settings).keys)


def test_keys_come_from_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    key, path = new_key(), tmp_path / "secret.key"
    write_key(path, key)
    path.write_text(f"\n# made in November\n {key.text}\n\n")

    assert keys_of(Settings(mode="clinic", secret_key_file=path)).ids == (key.id,)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o610])
def test_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "secret.key"
    write_key(path, new_key())
    path.chmod(mode)

    with pytest.raises(OpenSecret, match="chmod 600"):
        keys_of(Settings(secret_key_file=path))


def test_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoSecretFile, match=r"nowhere\.key"):
        keys_of(Settings(secret_key_file=tmp_path / "nowhere.key"))


def test_clinic_has_to_be_given_a_key(tmp_path: Path) -> None:
    with pytest.raises(NoKey):
        keys_of(Settings(mode="clinic", database_url=f"sqlite:///{tmp_path / 'clinic.db'}"))

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", ["", "demo"])
def test_elsewhere_a_key_is_made_beside_the_database_once(tmp_path: Path, mode: str) -> None:
    settings = Settings.model_validate({"mode": mode, "database_url": f"sqlite:///{tmp_path / 'data' / 'demo.db'}"})

    made, again = keys_of(settings), keys_of(settings)

    path = tmp_path / "data" / "demo.key"
    assert key_file_beside(settings.database_url) == path
    assert again.ids == made.ids
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["demo.key"]


def test_key_of_another_database_server_is_in_the_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))

    assert key_file_beside("postgresql+psycopg://clinic@db/clinic") == tmp_path / "chairtime" / "chairtime.key"


def test_key_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    first, path = new_key(), tmp_path / "secret.key"
    write_key(path, first)

    write_key(path, new_key())

    assert path.read_text() == first.line


def test_server_that_runs_finds_a_key_that_was_put_first_meanwhile(tmp_path: Path) -> None:
    old, new, path = new_key(), new_key(), tmp_path / "secret.key"
    write_key(path, old)
    running = keys_of(Settings(secret_key_file=path))

    put_first(path, new)

    sealed_anew = keys_of(Settings(secret_key_file=path)).seal(SEED)
    assert sealed_by(sealed_anew) == new.id
    assert running.unseal(sealed_anew) == SEED
    assert running.ids == (new.id, old.id)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["secret.key"]


def test_file_without_a_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    path.touch(mode=0o600)

    with pytest.raises(NoKey):
        keys_of(Settings(secret_key_file=path))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_file_of_another_account_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    write_key(path, new_key())
    os.chown(path, 65534, 65534)

    with pytest.raises(OpenSecret, match="belongs to another account"):
        keys_of(Settings(secret_key_file=path))
