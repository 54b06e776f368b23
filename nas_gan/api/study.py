"""A study: the trials of a search, ranked, drawn, and opened one by one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, final, overload

from nas_gan.api.events import Message
from nas_gan.api.folders import DEFAULT_STORAGE, trial_folder
from nas_gan.api.progress import choose_callback
from nas_gan.api.run import Run
from nas_gan.errors import InputError
from nas_gan.files import write_output

if TYPE_CHECKING:
    import optuna
    import PIL.Image
    from plotly.graph_objects import Figure

    from nas_gan.runs.record import RunRecord
    from nas_gan.search.catalogue import Trial as Row
    from nas_gan.search.definition import StudyDefinition
    from nas_gan.search.repeats import Fresh


def load_study(name: str, *, storage: str = DEFAULT_STORAGE, runs: str | None = None) -> Study:
    """Load a study by its name, of a search that has ended or still runs.

    `storage` is the database's file or URL, and `runs` the folder or URL with the study's runs if they aren't where
    the study has them. Raises InputError with the names there are, if there is none of that name.
    """
    from nas_gan.search.definition import load_study as load
    from nas_gan.search.places import find_runs
    from nas_gan.search.storage.damage import reading
    from nas_gan.search.storage.database import open_storage

    with reading(storage):
        inner = load(open_storage(storage, create=False), name)
        return Study(name, storage, runs or find_runs(inner, storage), inner)


@final
@dataclass(frozen=True)
class Trial:
    """One trial of a study, as it was when it was read.

    state: complete, pruned, paused, running, waiting, interrupted or fail. value: of the study's metric, of a trial
    that was trained to its end. parameters: the value of each hole, by its name. record: None until there is one.
    fresh: what further seeds say of it; None where it has none.
    """

    number: int
    state: str
    value: float | None
    reason: str
    started: datetime | None
    ended: datetime | None
    parameters: Mapping[str, Any]
    record: RunRecord | None
    study: Study
    fresh: Fresh | None = None

    @property
    def run(self) -> Run:
        """The trial's training run; that of the trial it repeats, if any. Raises InputError where it isn't there."""
        reused = None if self.record is None else self.record.reused_from
        number = self.number if reused is None else reused
        folder = trial_folder(self.study.runs, self.study.name, number)
        if not folder.is_dir():
            raise InputError(
                f"{folder}: no run of trial {number}; it is {self.state}, or its folder was moved"
            )
        return Run(folder, f"trial {number} of study {self.study.name}")

    def samples(self, after: int | None = None) -> PIL.Image.Image:
        """Open the sheet of samples of a scoring, as `Run.samples` does: also of a trial that runs or was pruned."""
        return self.run.samples(after)

    def to_dict(self) -> dict[str, Any]:
        """Return one flat row of plain values: facts, the last scores, and each hole by its name."""
        last = self.record.rungs[-1].facts() if self.record and self.record.rungs else {}
        scores = {name: value for name, value in last.items() if not isinstance(value, list | tuple)}
        facts = {
            "number": self.number,
            "state": self.state,
            "value": self.value,
            "reason": self.reason,
            "started": self.started,
            "ended": self.ended,
        }
        if self.fresh is not None:
            shown = self.fresh.shown
            facts |= {
                "fresh_mean": shown.mean,
                "fresh_deviation": shown.deviation,
                "fresh_seeds": shown.count,
            }
        return facts | scores | dict(self.parameters)

    def _repr_html_(self) -> str:
        from nas_gan.api.html import facts_html

        value = "–" if self.value is None else f"{self.value:.4g}"
        facts = [
            ("trial", str(self.number)),
            ("state", self.state),
            ("value", value),
            ("reason", self.reason),
        ]
        body = facts_html([*facts, *((name, str(set_to)) for name, set_to in self.parameters.items())])
        return body if self.record is None or not self.record.rungs else body + self.run._repr_html_()


@final
class Trials(Sequence[Trial]):
    """Trials in a row, as a table too."""

    def __init__(self, trials: Sequence[Trial]) -> None:
        self._trials = tuple(trials)

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return a flat row a trial, with equal keys in all, as `pandas.DataFrame` takes them."""
        rows = [trial.to_dict() for trial in self._trials]
        names = dict.fromkeys(name for row in rows for name in row)
        return [{name: row.get(name) for name in names} for row in rows]

    @overload
    def __getitem__(self, place: int) -> Trial: ...
    @overload
    def __getitem__(self, place: slice) -> Trials: ...
    def __getitem__(self, place: int | slice) -> Trial | Trials:
        return Trials(self._trials[place]) if isinstance(place, slice) else self._trials[place]

    def __len__(self) -> int:
        return len(self._trials)

    def __iter__(self) -> Iterator[Trial]:
        return iter(self._trials)

    def __repr__(self) -> str:
        return f"<{len(self)} trials>"

    def _repr_html_(self) -> str:
        from nas_gan.api.html import table_html

        rows = [
            (str(one.number), one.state, "–" if one.value is None else f"{one.value:.4g}", one.reason)
            for one in self
        ]
        return table_html(("trial", "state", "value", "reason"), rows)


@final
@dataclass(frozen=True, eq=False)
class Study:
    """The trials of a search in a database. Each property reads it anew, so that a running search can be followed.

    `runs` is the folder or URL with the study's runs, `optuna` the study as Optuna has it.
    """

    name: str
    storage: str
    runs: str
    optuna: optuna.Study

    @property
    def definition(self) -> StudyDefinition:
        """What all its trials share: space, data, metric, protocol and budget."""
        from nas_gan.search.definition import definition_of
        from nas_gan.search.storage.damage import reading

        with reading(self.storage):
            return definition_of(self.optuna)

    @property
    def trials(self) -> Trials:
        """All trials, by number."""
        from nas_gan.search.catalogue import read_trials

        return self._join(read_trials)

    @property
    def ranking(self) -> Trials:
        """The trials that were trained to their end, best first, each architecture once; by fresh seeds if any.

        Raises InputError if their scores were made under more than one protocol.
        """
        from nas_gan.search.catalogue import rank

        return self._join(rank)

    @property
    def front(self) -> Trials:
        """The trials than which no other one is better in one of the study's metrics and no worse in all others, the
        best by the first metric first; of those that were trained to their end.
        """
        from nas_gan.search.front import read_front

        return self._join(lambda study: [one.trial for one in read_front(study)])

    @property
    def best(self) -> Trial:
        """The best trial; raises InputError before one has been trained to its end."""
        ranking = self.ranking
        if not ranking:
            raise InputError(f"study {self.name!r}: no trial has been trained to its end yet")
        return ranking[0]

    def trial(self, number: int) -> Trial:
        """Return the trial of a number; raises InputError if there is none."""
        trials = self.trials
        for trial in trials:
            if trial.number == number:
                return trial
        there = f"0 to {trials[-1].number}" if trials else "none yet"
        raise InputError(f"trial {number}: no such trial in study {self.name!r}; there are {there}")

    def rerun(
        self,
        *,
        top: int = 3,
        trial: int | None = None,
        seeds: int = 3,
        workers: int | None = None,
        device: str = "auto",
        progress: Callable[[Message], object] | bool = True,
    ) -> Study:
        """Train the best again with fresh seeds, or one trial; the same call again goes on, and trains nothing twice.

        The `top` are compared by so many `seeds` each; then the best of them is trained with as many more, which took
        no part in the choice, and is scored on images that none did. `trial`: its number, for seeds of this one alone.
        workers, device: as in `search`. progress: is told each event. Raises InputError for what can't be used, and
        Interrupted once what is trained is kept.
        """
        from nas_gan.api.rerun import rerun

        rerun(self, top, trial, seeds, workers, device, choose_callback(progress, type(None)))
        return self

    def plot(self, name: str) -> Figure:
        """Draw the study: its `history`, the `front` of several metrics, the `scores` at the rungs, the
        `importances` of its parameters, these side by side (`parallel`), the two most important as a `pair`, or a
        `timeline`.

        Raises InputError for another name, and where there are too few trials yet.
        """
        from nas_gan.search.figures import PLOTS, build_plot
        from nas_gan.search.storage.damage import reading

        if name not in PLOTS:
            raise InputError(f"{name}: no such plot; use one of {', '.join(PLOTS)}")
        with reading(self.storage):
            found = build_plot(self.optuna, name)
        if found.figure is None:
            raise InputError(f"{name} of study {self.name!r}: {found.explanation}")
        return found.figure

    def report(self, output: str | os.PathLike[str]) -> Path:
        """Write all trials, with their networks, samples and curves, and charts of the search as one page that stands
        alone.

        Returns where it is. Raises InputError if the file can't be written.
        """
        from nas_gan.api.study_page import build_study_page
        from nas_gan.search.storage.damage import reading

        path = Path(output)
        try:
            with reading(self.storage):
                write_output(path, build_study_page(self))
        except OSError as error:
            raise InputError(
                f"{path}: can't be written ({error.strerror}); give another file", setting="output"
            ) from None
        return path

    def _join(self, read: Callable[[Any], Sequence[Row]]) -> Trials:
        from nas_gan.search.storage.damage import reading

        with reading(self.storage):
            rows = read(self.optuna)
            parameters = {trial.number: trial.params for trial in self.optuna.get_trials(deepcopy=False)}
        return Trials(
            [
                Trial(
                    row.number,
                    row.state,
                    row.value,
                    row.reason,
                    row.started,
                    row.ended,
                    MappingProxyType(parameters.get(row.number, {})),
                    row.record,
                    self,
                    row.fresh,
                )
                for row in rows
            ]
        )

    def __repr__(self) -> str:
        return f"Study(name={self.name!r}, storage={self.storage!r})"

    def _repr_html_(self) -> str:
        from nas_gan.api.html import study_html

        return study_html(self)
