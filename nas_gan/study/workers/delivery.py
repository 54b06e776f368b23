"""Results that wait in runs' folders until the database has them, and clearing up after trials that have ended."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from nas_gan.errors import InputError
from nas_gan.study.runs.checkpoints import Checkpoints
from nas_gan.study.runs.mirror import local_folder, remove_remote_checkpoints
from nas_gan.study.runs.result import RESULT_FILE, forget_result, load_kept_result
from nas_gan.study.storage.remote_folder import RemoteFolder, RemoteTrouble, is_url, open_remote
from nas_gan.study.workers.claims import Claims


def deliver_kept_results(claims: Claims, study: str, out: str, announce: Callable[[str], None]) -> int:
    """Puts results into the database that workers couldn't deliver before they ended; says how many.

    Clears up, too, where a worker ended after it had delivered. `out`: the folder or URL of the study's runs; results
    wait on the machine that made them.
    """
    remote, delivered = open_remote(out) if is_url(out) else None, 0
    for path in sorted((local_folder(out) / study).glob(f"*/{RESULT_FILE}")):
        folder = path.parent
        try:
            kept = load_kept_result(folder)
        except InputError as error:
            announce(str(error))
            continue
        if kept is None:
            continue  # its own worker was quicker
        sign = claims.find(kept.trial)
        if sign is not None and claims.end(sign.trial_id, kept.token, kept.result):
            announce(f"trial {kept.trial}: its result was still in {folder}, and is delivered now")
            delivered += 1
        elif sign is not None or not claims.has_ended(kept.trial):
            continue
        clear_up(folder, remote.within(f"{study}/{kept.trial}") if remote else None, announce)
    return delivered


def clear_up(folder: Path, remote: RemoteFolder | None, announce: Callable[[str], None]) -> None:
    """Removes what is there for a trial that isn't over. With `remote`, its place at a URL, all of `folder` is.

    The kept result goes last: as long as it is there, whoever comes next clears up.
    """
    Checkpoints(folder, announce).remove()
    for half_written in folder.glob(".*"):
        half_written.unlink(missing_ok=True)
    if remote is not None:
        try:
            remove_remote_checkpoints(remote)
        except RemoteTrouble as trouble:
            announce(f"{trouble}; the checkpoints of trial {folder.name} stay there")
    forget_result(folder)
    if remote is not None:
        shutil.rmtree(folder, ignore_errors=True)
