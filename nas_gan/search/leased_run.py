"""The run of a job that a worker holds, a trial or a repeat: begun or gone on with, told of, and kept for the next."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch

from nas_gan.errors import InputError
from nas_gan.jobs.lease import Lease
from nas_gan.runs.checkpoints import Checkpoints
from nas_gan.runs.run import Run
from nas_gan.search.events import TrialProgress
from nas_gan.store.mirror import Mirror
from nas_gan.training import Progress


def open_run(
    build: Callable[[Checkpoints], Run],
    folder: Path,
    lease: Lease,
    mirror: Mirror,
    say: Callable[[str], None],
) -> Run:
    """Make a new run, or that of an earlier worker of the job where it stood; raises JobLost."""
    lease.call(mirror.pull)
    checkpoints = Checkpoints(folder, say)
    run = build(checkpoints)
    if lease.is_first:
        # Whatever lies there is of another study that had this name.
        checkpoints.remove()
    else:
        try:
            run.resume()
        except InputError as error:
            say(str(error))
            checkpoints.remove()
            run = build(checkpoints)
    lease.begin_at(run.images_seen)
    return run


def follow(
    lease: Lease, mirror: Mirror, worker: int, progress: Progress, emit: Callable[[TrialProgress], None]
) -> None:
    """Tell where a run is; raises KeyboardInterrupt or JobLost where it isn't to go on."""
    lease.check()
    if mirror.has_news:  # a checkpoint has been written meanwhile
        push_files(lease, mirror)
    emit(
        TrialProgress(
            worker,
            lease.number,
            progress.images_seen,
            progress.images_per_second,
            progress.discriminator_loss,
            progress.generator_loss,
        )
    )


def push_files(lease: Lease, mirror: Mirror) -> None:
    """Put a run's files where its next worker may look for them, unless that one is at it already."""
    if mirror.is_remote:
        lease.make_sure()
        lease.call(lambda: mirror.push(lease.check_mine))


def is_out_of_memory(error: Exception) -> bool:
    """Say whether an architecture is too large for this machine."""
    signs = ("out of memory", "not enough memory", "can't allocate memory")
    return isinstance(error, MemoryError) or any(sign in str(error).lower() for sign in signs)


def is_of_the_device(error: Exception) -> bool:
    """Say whether an error leaves this process without its GPU: another process may train what this one can't."""
    return not is_out_of_memory(error) and (
        isinstance(error, torch.AcceleratorError) or "CUDA error" in str(error)
    )
