"""`spaces`: what can be searched."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nas_gan.api.space import image_for
from nas_gan.cli.common import (
    DEFAULT_STORAGE,
    JsonOption,
    build_columns,
    build_facts,
    check_at_least,
    format_count,
    print_folded,
    print_json,
    print_lines,
    print_rich,
)
from nas_gan.cli.options import ChannelsOption, ClassesOption, ImageSizeOption, TrialStorageOption
from nas_gan.errors import InputError

if TYPE_CHECKING:
    from nas_gan.space import Space, SpaceSize
    from nas_gan.space.nodes import Scalar
    from nas_gan.spec import Architecture, Cost, Image

Given = Mapping[str, int | None]


def spaces(  # noqa: PLR0913, PLR0917 - one parameter a flag
    space: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME|FILE|RUN]",
            help="Bundled name, file or module:function; or a run: a folder, a bundle, or STUDY:TRIAL. "
            "Without it, all are listed.",
        ),
    ] = None,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON schema of space files.")] = False,
    resolution: ImageSizeOption = None,
    channels: ChannelsOption = None,
    classes: ClassesOption = None,
    samples: Annotated[int, typer.Option(metavar="N", help="How many sampled architectures to show.")] = 3,
    seed: Annotated[int, typer.Option(metavar="N", help="Seed of the sampled architectures.")] = 0,
    locate: Annotated[
        str | None,
        typer.Option(
            metavar="ARCHITECTURE",
            help="Find this architecture in the space: a bundled name, a file, a run's folder, or STUDY:TRIAL.",
        ),
    ] = None,
    storage: TrialStorageOption = DEFAULT_STORAGE,
    json: JsonOption = False,
) -> None:
    """List the bundled search spaces, or show one.

    One space: its holes, how many architectures it has, and some of them with their cost. The file of an
    architecture is a space without holes, and so is a run's. With --locate: the values of the holes that make an
    architecture, or exit code 1 and the first thing about it that the space doesn't have.

    \b
    Examples:
      python -m nas_gan spaces
      python -m nas_gan spaces resdense --resolution 32 --channels 3
      python -m nas_gan spaces resdense --locate baselines/plain
      python -m nas_gan spaces --schema > space.schema.json
    """
    from nas_gan.search.given import is_run
    from nas_gan.space import load_space
    from nas_gan.space import schema as space_schema

    check_at_least(0, samples, "--samples")
    given = {"channels": channels, "resolution": resolution, "classes": classes}
    if schema:
        print_json(space_schema())
    elif space is None:
        if locate is not None:
            raise InputError(
                f"--locate {locate}: in which space? name it, as in: spaces resdense --locate {locate}"
            )
        _list(given, json)
    elif locate is not None:
        _locate(load_space(space), locate, storage, given, json)
    elif is_run(space):
        _show_run(space, storage, given, json)
    else:
        _show_space(load_space(space), given, samples, seed, json)


def _show_space(space: Space, given: Given, samples: int, seed: int, json: bool) -> None:
    from nas_gan.space import sample

    image = image_for(space, given=given)
    # Without holes there is one architecture to show, however often it is sampled.
    count = samples if space.holes(image) else min(samples, 1)
    generator = random.Random(seed)
    _show(space, image, [sample(space, image, generator) for _ in range(count)], json)


def _show_run(name: str, storage: str, given: Given, json: bool) -> None:
    """Show the architecture of a run, or of a folder that has nothing but that."""
    from nas_gan.search.given import find_architecture
    from nas_gan.space import load_space

    found = find_architecture(name, storage)
    if found.record is None:
        _show_space(load_space(str(found.space)), given, 1, 0, json)
        return
    if said := [part for part, value in given.items() if value is not None]:
        raise InputError(f"--{said[0]}: {name} was trained for its own images; leave it out")
    architecture = found.record.architecture
    if json:
        image = architecture.image.model_dump()
        print_json(
            {"name": name, "image": image, "holes": [], "samples": [_architecture_facts(architecture)]}
        )
    else:
        print_rich(build_facts([("run", name), ("images", _image_text(architecture.image))]))
        _print_architecture("", architecture)


def _list(given: Given, json: bool) -> None:
    from nas_gan.space import BASELINES, REFERENCE, bundled_spaces, load_space

    found = [load_space(name) for name in bundled_spaces()]
    sizes = [space.size(image_for(space, given=given)) for space in found]
    if json:
        print_json([_facts(space, size) for space, size in zip(found, sizes, strict=True)])
        return
    rows = [
        (space.name, _size_text(size, short=True), _first_comment(space))
        for space, size in zip(found, sizes, strict=True)
        if not space.name.startswith((REFERENCE, BASELINES))
    ]
    print_rich(build_columns(("space", "architectures", "what it is"), rows))
    for prefix, what in ((BASELINES, "hand-made"), (REFERENCE, "published")):
        print_lines(["", f"{what} architectures, and the parameters of generator and discriminator"])
        named = [space for space in found if space.name.startswith(prefix)]
        print_lines([_architecture_line(space, image_for(space, given=given)) for space in named])


def _architecture_line(space: Space, image: Image) -> str:
    from nas_gan.space import sample
    from nas_gan.spec import compute_cost

    cost = compute_cost(sample(space, image, random.Random(0)))
    counts = (cost.generator_parameters, cost.discriminator_parameters)
    return f"{space.name:<62} {format_count(counts[0]):>6} + {format_count(counts[1])}"


def _locate(space: Space, name: str, storage: str, given: Given, json: bool) -> None:
    from nas_gan.search.given import find_architecture
    from nas_gan.space import NotAPoint, load_space

    found = find_architecture(name, storage)
    trained = None if found.record is None else found.record.architecture.image.model_dump()
    own = [] if found.space is None else [load_space(found.space)]
    said = {part: value for part, value in given.items() if value is not None}
    point = space.locate(found.resolve(image_for(space, *own, given=(trained or {}) | said)))
    if isinstance(point, NotAPoint):
        if json:
            print_json({"point": None, "reason": asdict(point)})
        else:
            print_lines([f"{name} isn't in {space.name}: {point}"])
        raise typer.Exit(1)
    if json:
        print_json({"point": point, "reason": None})
    elif point:
        rows = [(hole, _value_text(value)) for hole, value in point.items()]
        print_rich(build_columns(("hole", "value"), rows))
    else:
        print_lines([f"{name} is {space.name}, which has no holes"])


def _show(space: Space, image: Image, sampled: Sequence[Architecture], json: bool) -> None:
    from nas_gan.report.holes import HOLE_HEADINGS, hole_rows

    holes, size, starts = space.holes(image), space.size(image), space.starts(image)
    if json:
        facts = _facts(space, size) | {"image": image.model_dump(), "holes": [asdict(hole) for hole in holes]}
        facts |= {"starts": [asdict(start) for start in starts]}
        print_json(facts | {"samples": [_architecture_facts(architecture) for architecture in sampled]})
        return
    facts_shown = [
        ("space", space.name),
        ("images", _image_text(image)),
        ("architectures", _size_text(size)),
        ("holes", str(len(holes))),
    ]
    if starts:
        first = [start.name for start in starts if start.point is not None]
        facts_shown.append(("tried first", ", ".join(first) or "nothing"))
    print_rich(build_facts(facts_shown))
    if holes:
        print_lines([""])
        print_rich(build_columns(HOLE_HEADINGS, hole_rows(holes)))
    for start in starts:
        if start.reason:
            print_lines(["", f"{start.name} isn't tried first: {start.reason}"])
    for number, architecture in enumerate(sampled, start=1):
        _print_architecture(f"sample {number}: " if holes else "", architecture)


def _print_architecture(heading: str, architecture: Architecture) -> None:
    from nas_gan.report.topology import draw_topology
    from nas_gan.spec import compute_cost

    print_lines(["", f"{heading}{_cost_text(compute_cost(architecture))}"])
    print_folded(draw_topology(architecture))


def _image_text(image: Image) -> str:
    shape = f"{image.channels}×{image.resolution}×{image.resolution}"
    shape = f"points of R^{image.channels}" if image.is_points else shape
    return f"{shape}, {f'{image.classes} classes' if image.classes else 'no labels'}"


def _value_text(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _size_text(size: SpaceSize | None, short: bool = False) -> str:
    from nas_gan.report.numbers import format_large

    if size is None:
        return "not known: a Python function"
    number = format_large(size.count)
    if short:
        return number if size.exact else f"at least {number}"
    if not size.exact:
        return f"at least {number}, with each continuous hole counted as one value"
    return f"exactly {number}" + (f" ({size.count})" if str(size.count) != number.replace(",", "") else "")


def _cost_text(cost: Cost) -> str:
    parameters = f"{format_count(cost.generator_parameters)} + {format_count(cost.discriminator_parameters)}"
    macs = f"{format_count(cost.generator_macs)} + {format_count(cost.discriminator_macs)}"
    return f"{parameters} parameters (G + D), {macs} multiply-adds an image"


def _first_comment(space: Space) -> str:
    """Return what a file says of itself in its first line."""
    from nas_gan.space.space import FileSpace

    if not isinstance(space, FileSpace):
        return ""
    first = Path(space.file).read_text(encoding="utf-8").partition("\n")[0]
    return first.removeprefix("#").strip() if first.startswith("#") else ""


def _facts(space: Space, size: SpaceSize | None) -> dict[str, Any]:
    return {
        "name": space.name,
        "fingerprint": space.fingerprint,
        "description": _first_comment(space),
        "architectures": None if size is None else asdict(size),
    }


def _architecture_facts(architecture: Architecture) -> dict[str, Any]:
    from nas_gan.report.topology import discriminator_line, generator_line
    from nas_gan.spec import compute_cost

    return {
        "cost": asdict(compute_cost(architecture)),
        "topology": [generator_line(architecture), discriminator_line(architecture)],
        "architecture": architecture.model_dump(mode="json"),
    }
