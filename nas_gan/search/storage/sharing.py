"""Studies in several databases that use the same runs, as a copy on a server and its source do.

Each names the databases of those that were there before it and of those that came after it. The last one goes on with
the runs, as two that go on would write the next trial into the same folder; the runs go with the last that is deleted.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import optuna
from optuna.storages import RDBStorage

from nas_gan.errors import InputError
from nas_gan.search.storage.database import open_storage, study_names
from nas_gan.store.address import SQLITE_PREFIX, database_folder, without_password

OLDER = "runs_shared_with_older"
NEWER = "runs_shared_with_newer"


def sharers(study: optuna.Study) -> list[str]:
    """Return the databases of other studies that use a study's runs, less those that have been deleted.

    A server that can't be asked, such as one whose password the environment hasn't got, is taken to have its study.
    """
    return _existing(study, OLDER, NEWER)


def check_goes_on(study: optuna.Study) -> None:
    """Raise InputError for a study whose runs a copy goes on with."""
    if copies := _existing(study, NEWER):
        raise InputError(
            f"study {study.study_name!r}: its copy in {copies[-1]} goes on with its runs; search there, or delete the "
            "copy (PGPASSWORD may be needed to see that it is gone)"
        )


def mark_copy(copy: optuna.Study, older: Sequence[str]) -> None:
    """Note in a new copy which databases share its runs: none where it has runs of its own."""
    copy.set_user_attr(OLDER, list(older))
    copy.set_user_attr(NEWER, [])


def tell_of_copy(study: optuna.Study, target: RDBStorage) -> None:
    """Note in a study that there is a copy which uses its runs."""
    newer = study.user_attrs.get(NEWER, [])
    study.set_user_attr(NEWER, list(dict.fromkeys([*newer, address_of(target)])))


def address_of(storage: RDBStorage) -> str:
    """Return an address for any folder, without a password: the environment may have that of whoever asks there."""
    path = storage.url.removeprefix(SQLITE_PREFIX)
    return without_password(storage.url) if path == storage.url else str(Path(path).resolve())


def _existing(study: optuna.Study, *kinds: str) -> list[str]:
    addresses = [address for kind in kinds for address in study.user_attrs.get(kind, [])]
    return [address for address in dict.fromkeys(addresses) if _is_there(address, study.study_name)]


def _is_there(address: str, name: str) -> bool:
    try:
        return name in study_names(open_storage(address, create=False))
    except InputError:
        return database_folder(address) is None  # a file is gone, or was replaced
