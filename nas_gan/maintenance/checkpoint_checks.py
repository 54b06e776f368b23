"""What trials go on from: checkpoints that are damaged, and what is left where nobody needs it any more."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from nas_gan.jobs.job import Job
from nas_gan.jobs.queue import JobQueue
from nas_gan.maintenance.problems import Problem, remove_files
from nas_gan.maintenance.tensor_files import has_whole_size
from nas_gan.runs.checkpoints import NAME
from nas_gan.search.trials import number_of
from nas_gan.store.remote_folder import RemoteFolder
from nas_gan.training.checkpoint import DamagedCheckpoint, read_checkpoint

DAMAGED = "damaged-"


def find_damaged_checkpoints(
    study: str, queue: JobQueue, idle: Sequence[Job], folder: RemoteFolder, files: Mapping[str, int]
) -> Iterator[Problem]:
    """Find checkpoints from which a trial that waits, or is paused, or whose worker is gone, can't go on."""
    for job in idle:
        number = number_of(job)
        names = _checkpoints(number, files)
        damages = {name: damage for name in names if (damage := _damage(folder, name, files[name]))}
        if not damages or _has_moved(queue, job):
            continue  # a worker has it, and reads and writes them itself
        whole = [name for name in names if name not in damages]
        for name, damage in damages.items():
            if not folder.exists(name):
                continue
            said = f"has a damaged checkpoint {folder.address(name)} ({damage})"
            remedy = f"set it aside; {_what_then(name, whole, names)}"
            repair = _set_aside(folder, name, files[name])
            yield Problem("checkpoint", study, number, said, remedy, repair)


def find_left_files(
    study: str, ended: Sequence[int], folder: RemoteFolder, files: Mapping[str, int]
) -> Iterator[Problem]:
    """Find checkpoints and half-written files of trials that ended: a worker was killed before it had removed them."""
    half_written = folder.half_written()
    for number in ended:
        checkpoints = _checkpoints(number, files)
        halves = [name for name in half_written if name.startswith(f"{number}/")]
        left = ((checkpoints, "checkpoint"), (halves, "half-written file"))
        counts = [f"{len(names)} {what}{'s' * (len(names) > 1)}" for names, what in left if names]
        if counts:
            said = f"has ended, and {folder.address(str(number))} still has {' and '.join(counts)}"
            repair = partial(remove_files, folder, checkpoints + halves)
            yield Problem("checkpoint", study, number, said, "remove what is left", repair)


def _checkpoints(number: int, files: Mapping[str, int]) -> list[str]:
    """Return the names of a trial's checkpoints, those with the fewest images first."""
    names = {name: re.fullmatch(rf"{number}/{NAME.pattern}", name) for name in files}
    found = [(int(match[1]), name) for name, match in names.items() if match]
    return [name for _, name in sorted(found)]


def _damage(folder: RemoteFolder, name: str, size: int) -> str:
    """Return what is wrong with a checkpoint. At a URL only its size is looked at, as all of it is much to download."""
    if folder.local is None:
        return "" if has_whole_size(folder, name, size) else "cut short"
    try:
        read_checkpoint(folder.local / name)
    except DamagedCheckpoint as damage:
        return str(damage)
    return ""


def _what_then(name: str, whole: Sequence[str], names: Sequence[str]) -> str:
    if not whole:
        return "its trial begins again"
    return (
        "the one before it will be used"
        if names.index(whole[-1]) < names.index(name)
        else "there is a later one"
    )


def _has_moved(queue: JobQueue, job: Job) -> bool:
    """Say whether a worker has taken a job since."""
    now = queue.find(number_of(job))
    return now is None or (now.state, now.token) != (job.state, job.token)


def _set_aside(folder: RemoteFolder, name: str, size: int) -> Callable[[], None]:
    def move() -> None:
        # A worker may have replaced it, or removed it.
        if folder.exists(name) and _damage(folder, name, size):
            number, _, last = name.rpartition("/")
            place = f"{number}/{DAMAGED}{last}"
            folder.remove(place)
            folder.move(name, place)

    return move
