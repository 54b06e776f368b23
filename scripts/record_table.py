"""Records the table of real GANs: architectures trained to their end without pruning, scored on the way.

    python scripts/record_table.py record --set enumerated-14 --workers 2   # all runs that the file lacks
    python scripts/record_table.py record --set random-14 --limit 20        # twenty of them
    python scripts/record_table.py left                                     # how many each set lacks
    python scripts/record_table.py pack                                     # the rows so far, for the repository

Rows go to FOLDER/SET.jsonl, one a run, as soon as the run has ended. Recording can be stopped at any time and goes on
with the same command: a run that was under way is made again. The sets `random-28` and `long-14` train architectures
that `random-14` has rows of, so record that one first; `long-14` wants all of it.
"""

from __future__ import annotations

import argparse
import sys
from datetime import timedelta
from pathlib import Path

from nas_gan.errors import InputError
from nas_gan.interruption import StopRequest
from nas_gan.papers.version import find_commit
from nas_gan.table.crew import WorkerLostError
from nas_gan.table.pack import TABLES, pack
from nas_gan.table.recording import Progress, Recording, count_left, record
from nas_gan.table.sets import SETS, find_set


def main() -> int:
    """Do what is asked; 0 when done, 1 where a process was lost, 2 for bad input, 130 when stopped."""
    parser = _build_parser()
    arguments = parser.parse_args()
    StopRequest(once=False)
    try:
        arguments.run(arguments)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except WorkerLostError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; the same command goes on", file=sys.stderr)
        return 130
    return 0


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--folder", type=Path, default=Path("runs/table"), help="of the recorded rows (default runs/table)"
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    recording = commands.add_parser("record", parents=[shared], help="make the runs that a set lacks")
    recording.add_argument("--set", required=True, choices=[*SETS], help="which runs")
    recording.add_argument("--workers", type=int, default=1, help="processes, one thread each (default 1)")
    recording.add_argument("--limit", type=int, help="at most so many runs (default all)")
    recording.add_argument("--nice", type=int, default=10, help="niceness of the processes (default 10)")
    recording.add_argument(
        "--scored-at", type=int, nargs="+", metavar="IMAGES", help="in place of the set's own, for a trial"
    )
    recording.set_defaults(run=_record)
    left = commands.add_parser("left", parents=[shared], help="say how many runs each set lacks")
    left.set_defaults(run=_count)
    packing = commands.add_parser("pack", parents=[shared], help="write the rows so far compactly")
    packing.add_argument("--out", type=Path, default=TABLES, help=f"folder (default {TABLES})")
    packing.set_defaults(run=_pack)
    return parser


def _record(arguments: argparse.Namespace) -> None:
    if arguments.workers < 1 or (arguments.limit is not None and arguments.limit < 1):
        raise InputError("--workers and --limit: give at least 1")
    scored_at = tuple(arguments.scored_at) if arguments.scored_at else None
    if scored_at and (list(scored_at) != sorted(set(scored_at)) or scored_at[0] < 1):
        raise InputError(f"--scored-at {' '.join(map(str, scored_at))}: give ascending numbers of images")
    recording = Recording(
        arguments.folder, arguments.workers, arguments.limit, arguments.nice, scored_at, find_commit()
    )
    made = record(find_set(arguments.set), recording, _say)
    print(f"{made} run{'' if made == 1 else 's'} recorded into {recording.path(arguments.set)}")


def _say(progress: Progress) -> None:
    row = progress.row
    last = row.rungs[-1] if row.rungs else None
    found = f"FID {last.frechet_distance:.1f} IS {last.inception_score:.2f}" if last else "no score"
    ending = "" if row.outcome == "complete" else f" ({row.outcome}: {row.reason})"
    seconds = sum(rung.cpu_seconds for rung in row.rungs)
    left = timedelta(seconds=round(progress.seconds_left))
    print(
        f"{progress.done}/{progress.planned} {row.set}/{row.index} seed {row.seed} {row.origin}: {found} after "
        f"{row.images_seen:,} images{ending}, {row.cost.macs / 1e6:.1f} M multiply-adds, {seconds:.0f} CPU seconds; "
        f"{left} left",
        flush=True,
    )


def _count(arguments: argparse.Namespace) -> None:
    for name, table_set in SETS.items():
        try:
            print(f"{name}: {count_left(table_set, Recording(arguments.folder))} runs left")
        except InputError as error:
            print(f"{name}: {error}")


def _pack(arguments: argparse.Namespace) -> None:
    for packed in pack(arguments.folder, arguments.out):
        print(f"{packed.path}: {packed.rows} rows, {packed.size:,} bytes")


if __name__ == "__main__":
    sys.exit(main())
