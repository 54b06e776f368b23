"""Results that wait in runs' folders until the database has them, and clearing up after trials that have ended."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import final

from nas_gan.errors import InputError
from nas_gan.runs.checkpoints import Checkpoints
from nas_gan.runs.result import RESULT_FILE, KeptResult, forget_result, load_kept_result
from nas_gan.search.workers.claim import Sign
from nas_gan.search.workers.claims import Claims
from nas_gan.store.mirror import clear_up_remote, local_folder
from nas_gan.store.remote_folder import RemoteFolder, RemoteTrouble, is_url, open_remote


@final
@dataclass(frozen=True)
class Waiting:
    """A result in the folder of the run that it is of. `sign`: of its trial, None if that has ended."""

    folder: Path
    kept: KeptResult
    sign: Sign | None


def find_waiting(
    claims: Claims, study: str, out: str, on_damaged: Callable[[Path, InputError], None]
) -> Iterator[Waiting]:
    """Results on this machine that no worker comes back for.

    `out`: the folder or URL of the study's runs. A result whose trial has another worker by now is that one's business.
    """
    for path in sorted((local_folder(out) / study).glob(f"*/{RESULT_FILE}")):
        try:
            kept = load_kept_result(path.parent)
        except InputError as error:
            on_damaged(path.parent, error)
            continue
        if kept is None:
            continue  # its own worker was quicker
        sign = claims.find(kept.trial)
        if claims.has_ended(kept.trial) if sign is None else sign.claim.token == kept.token:
            yield Waiting(path.parent, kept, sign)


def deliver(claims: Claims, waiting: Waiting, study: str, out: str, announce: Callable[[str], None]) -> bool:
    """Puts a result into the database, unless its trial has ended, and clears up; says whether it came in."""
    kept, sign = waiting.kept, waiting.sign
    if sign is not None and not claims.end(sign.trial_id, kept.token, kept.result):
        return False
    remote = open_remote(out).within(f"{study}/{kept.trial}") if is_url(out) else None
    clear_up(waiting.folder, remote, announce)
    return sign is not None


def deliver_kept_results(claims: Claims, study: str, out: str, announce: Callable[[str], None]) -> int:
    """Puts results into the database that workers couldn't deliver before they ended; says how many.

    Clears up, too, where a worker ended after it had delivered.
    """
    delivered = 0
    for waiting in find_waiting(claims, study, out, lambda _, error: announce(str(error))):
        if deliver(claims, waiting, study, out, announce):
            announce(
                f"trial {waiting.kept.trial}: its result was still in {waiting.folder}, and is delivered now"
            )
            delivered += 1
    return delivered


def clear_up(folder: Path, remote: RemoteFolder | None, announce: Callable[[str], None]) -> None:
    """Removes what is there for a trial that isn't over. With `remote`, its place at a URL, all of `folder` is.

    The kept result goes last: as long as it is there, whoever comes next clears up.
    """
    Checkpoints(folder, announce).remove()
    if remote is not None:
        try:
            clear_up_remote(remote)
        except RemoteTrouble as trouble:
            announce(f"{trouble}; the checkpoints of trial {folder.name} stay there")
    forget_result(folder)
    if remote is not None:
        shutil.rmtree(folder, ignore_errors=True)
