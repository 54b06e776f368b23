"""Networks that a dataset trains once: read from the cache, or trained by one process and put there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from torch import Tensor

from nas_gan.locking import locked_if_possible
from nas_gan.metrics.store import Facts, Stored, load_stored, save_stored


def load_or_train(
    folder: Path,
    key: str,
    name: str,
    announce: Callable[[str], None],
    train: Callable[[], tuple[Mapping[str, Tensor], Facts]],
) -> Stored:
    """Return what `folder` holds under `key`, or the weights and facts that `train` returns, once they are stored
    there.

    Of several processes one trains; the others wait, which `announce` is told with the network's `name`, and then
    read. InputError when the folder can't be written.
    """
    stored = load_stored(folder, key)
    if stored is None:
        with _alone(folder, key, name, announce):
            stored = load_stored(folder, key)
            if stored is None:
                stored = save_stored(folder, key, *train())
    return stored


@contextmanager
def _alone(folder: Path, key: str, name: str, announce: Callable[[str], None]) -> Iterator[None]:
    """Let one process at a time in."""

    def wait() -> None:
        announce(f"another process is training {name}; waiting for it")

    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    # Without locks it is trained more than once, which takes longer and does no harm.
    with locked_if_possible(folder / f".{key}.lock", wait):
        yield
