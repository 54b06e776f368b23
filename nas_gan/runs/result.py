"""How a trial ended, as it is put into the database and, until that has been done, kept in the trial's folder."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import final

from nas_gan.errors import InputError
from nas_gan.files import write_whole
from nas_gan.runs.record import Outcome

RESULT_FILE = "undelivered.json"


@final
@dataclass(frozen=True)
class TrialResult:
    """The end of a trial. `value` is of the study's metric, of a trial that was trained to its end.

    `values` holds the metric at each rung, as pairs of images seen and value. `record` is its JSON, None where
    nothing could be recorded.
    """

    outcome: Outcome
    reason: str
    value: float | None = None
    values: tuple[tuple[int, float], ...] = ()
    record: str | None = None


@final
@dataclass(frozen=True)
class KeptResult:
    """A result in a folder: that of a trial of a study, made under the claim `token`."""

    study: str
    trial: int
    token: str
    result: TrialResult


def keep_result(folder: Path, kept: KeptResult) -> None:
    """Writes a result into its trial's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / RESULT_FILE, json.dumps(asdict(kept)))


def load_kept_result(folder: Path) -> KeptResult | None:
    """The result that waits in a trial's folder, if any; raises InputError if the file is damaged."""
    path = folder / RESULT_FILE
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
        result = tree["result"]
        values = tuple((int(images), float(value)) for images, value in result["values"])
        return KeptResult(**{**tree, "result": TrialResult(**{**result, "values": values})})
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not a result ({error}); remove it to run its trial again") from None


def forget_result(folder: Path) -> None:
    """Removes a result that has been delivered, or that nobody wants."""
    (folder / RESULT_FILE).unlink(missing_ok=True)
