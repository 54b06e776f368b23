"""What a drawing of a network shows, from its plan: parts, rows of operations, and where labels enter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, final

from nas_gan.report.topology_words import shape_words
from nas_gan.spec import layers as plan
from nas_gan.spec.layers import Layer, Maps
from nas_gan.spec.plans import DiscriminatorPlan, GeneratorPlan

Kind = Literal["weights", "norm", "act", "resample", "label", "attention", "plain"]
"""What an operation is, and so its colour."""

SHOWN_ALIKE = 3
"""Of more rows than these that are alike in a part, the first and the last are drawn."""

WEIGHTED = (plan.Convolution, plan.TransposedConvolution, plan.Linear)


@final
@dataclass(frozen=True)
class Chip:
    """One operation: what is written on it, and its kind."""

    text: str
    kind: Kind = "plain"


@final
@dataclass(frozen=True)
class Row:
    """Operations one after the other, then how many channels there are.

    `shortcut`: None, or the operations of the branch that is added at the end of `chips`, before those in `after`.
    `takes_all`: a dense block, which takes all maps of its part so far, and joins them.
    """

    chips: tuple[Chip, ...]
    after: tuple[Chip, ...] = ()
    shortcut: tuple[Chip, ...] | None = None
    takes_all: bool = False
    channels: str = ""


@final
@dataclass(frozen=True)
class Part:
    """A stem, a stage, or a head: its shape at the end, its rows, and the skip that is added after it.

    `skip_from`: the part after which the skip begins, counted from 0, None without one.
    """

    name: str
    shape: str
    rows: tuple[Row, ...]
    skip_from: int | None = None
    skip: str = ""

    @property
    def takes_labels(self) -> bool:
        """Say whether a label enters here."""
        return any(chip.kind == "label" for row in self.rows for chip in (*row.chips, *row.after))


@final
@dataclass(frozen=True)
class Drawn:
    """A network: what goes in, its parts in their order, what comes out, and what it takes."""

    name: str
    source: str
    parts: tuple[Part, ...]
    result: str
    parameters: int
    macs: int
    source_label: str = ""


def generator_parts(plan: GeneratorPlan) -> Drawn:
    """Lay out a generator for its drawing."""
    joins = plan.embedding_dim and plan.embedding_joins_latent
    return Drawn(
        "Generator",
        f"latent {plan.latent_dim}",
        _parts(plan),
        _image(plan.head.outputs),
        plan.parameters,
        plan.macs,
        f"+ label {plan.embedding_dim}" if joins else "",
    )


def discriminator_parts(plan: DiscriminatorPlan) -> Drawn:
    """Lay out a discriminator for its drawing."""
    ends = [Row(tuple(_chips([plan.score])), channels="1")]
    if plan.projection_classes:
        ends.append(Row((Chip("features · class embedding, added", "label"),)))
    if plan.class_logits:
        ends.append(
            Row(
                (
                    Chip(f"linear to {plan.class_logits.features} classes", "weights"),
                    Chip("which class it shows"),
                ),
            )
        )
    score = Part("score", "1", tuple(ends))
    source = _image(plan.stem.inputs)
    return Drawn("Discriminator", source, (*_parts(plan), score), "score", plan.parameters, plan.macs)


def _image(maps: Maps) -> str:
    return f"image {shape_words(maps)}" if maps.resolution > 1 else f"point of {maps.channels} dimensions"


def _parts(plan: GeneratorPlan | DiscriminatorPlan) -> tuple[Part, ...]:
    """Lay out stem, stages and head; a stem or head without layers is left out."""
    has_stem = bool(plan.stem.layers)
    parts = [Part("stem", shape_words(plan.stem.outputs), _rows(plan.stem.layers))] if has_stem else []
    for index, stage in enumerate(plan.stages):
        # Maps are counted from the stem's; without one, map 0 is the input, and comes after no part.
        source = None if stage.skip_from < 0 else stage.skip_from - (not has_stem)
        skip = " ".join(chip.text for chip in _chips(stage.skip.layers))
        parts.append(
            Part(
                f"{'stage' if stage.outputs.resolution > 1 else 'hidden'} {index}",
                shape_words(stage.outputs),
                _rows(stage.body.layers),
                source,
                "" if source is None else skip,
            )
        )
    if plan.head.layers:
        parts.append(Part("head", shape_words(plan.head.outputs), _rows(plan.head.layers)))
    return tuple(parts)


def _rows(layers: Sequence[Layer]) -> tuple[Row, ...]:
    return tuple(_collapsed(list(_all_rows(layers))))


def _all_rows(layers: Sequence[Layer]) -> Iterator[Row]:
    """Lay out layers as rows: one a block."""
    chain: list[Layer] = []
    sums: list[plan.Sum] = []

    def ended() -> Iterator[Row]:
        if sums:
            total = sums.pop()
            yield Row(
                tuple(_chips(total.body.layers)),
                tuple(_chips(chain)),
                tuple(_chips(total.shortcut.layers)),
                channels=str(total.outputs.channels),
            )
        else:
            yield from _chain_rows(chain)
        chain.clear()

    for layer in layers:
        if isinstance(layer, plan.Sum):
            yield from ended()
            sums.append(layer)
        elif isinstance(layer, plan.Concatenation):
            yield from ended()
            for branch in layer.branches:
                yield Row(
                    tuple(_chips(branch.layers)), takes_all=True, channels=f"+{branch.outputs.channels}"
                )
        elif isinstance(layer, plan.Attention):
            yield from ended()
            yield Row(tuple(_chips([layer])))
        elif sums and isinstance(layer, WEIGHTED):
            yield from ended()
            chain.append(layer)
        else:
            chain.append(layer)
    yield from ended()


def _chain_rows(chain: Sequence[Layer]) -> Iterator[Row]:
    """Cut a chain into its units, each of one convolution with what stands before and after it."""
    weighted = [place for place, layer in enumerate(chain) if isinstance(layer, WEIGHTED)]
    if not weighted:
        yield from [Row(tuple(_chips(chain)))] if chain else []
        return
    leads = _leads(chain[: weighted[0]])
    start = 0
    for place, following in zip(weighted, [*weighted[1:], None], strict=True):
        end = (
            len(chain) if following is None else following - _lead_length(chain[place + 1 : following], leads)
        )
        yield Row(tuple(_chips(chain[start:end])), channels=str(chain[end - 1].outputs.channels))
        start = end


def _leads(before: Sequence[Layer]) -> tuple[type[Layer], ...]:
    """Say which kinds of layer stand before the first convolution, as they do before the others."""
    return tuple(type(layer) for layer in before if not isinstance(layer, plan.LabelPlanes | plan.Reshape))


def _lead_length(between: Sequence[Layer], leads: tuple[type[Layer], ...]) -> int:
    """Count the layers at the end of `between` that belong to the convolution after them."""
    kinds = {*leads, plan.Resize}
    length = 0
    for layer in reversed(between):
        if type(layer) not in kinds:
            break
        length += 1
    return length


def _collapsed(rows: list[Row]) -> Iterator[Row]:
    """Draw two of a run of rows that are alike, and say how many there are between them."""
    start = 0
    while start < len(rows):
        end = start
        while end < len(rows) and rows[end] == rows[start]:
            end += 1
        alike = end - start
        yield rows[start]
        if alike > SHOWN_ALIKE:
            yield Row((Chip(f"… {alike - 2} more like these …"),), takes_all=rows[start].takes_all)
            yield rows[start]
        else:
            yield from rows[start + 1 : end]
        start = end


def _chips(layers: Sequence[Layer]) -> Iterator[Chip]:
    """Write the operations of layers; all of the ground floor's kinds are known here."""
    for layer in layers:
        yield _chip(layer)


def _chip(layer: Layer) -> Chip:  # noqa: PLR0911, PLR0912 - one line for each kind
    match layer:
        case plan.Convolution(kernel=kernel, stride=stride) if layer.inputs.resolution > 1:
            halved = " ↓2" if stride == 2 else ""
            return Chip(f"conv {kernel}×{kernel}{halved}{_spectral(layer)}", "weights")
        case plan.Convolution(channels=channels):
            return Chip(f"linear {channels}{_spectral(layer)}", "weights")
        case plan.TransposedConvolution(kernel=kernel, factor=factor) if layer.inputs.resolution > 1:
            return Chip(f"transposed {kernel}×{kernel} ↑{factor}{_spectral(layer)}", "weights")
        case plan.TransposedConvolution(factor=factor):
            return Chip(f"linear to {factor}×{factor} maps{_spectral(layer)}", "weights")
        case plan.Linear(features=features):
            return Chip(f"linear {features}{_spectral(layer)}", "weights")
        case plan.Normalisation(kind=kind):
            return Chip(f"{kind} norm", "norm")
        case plan.ConditionalNormalisation():
            return Chip("class batch norm", "label")
        case plan.Activation(kind="leaky_relu", slope=slope):
            return Chip(f"leaky {slope:g}", "act")
        case plan.Activation(kind=kind):
            return Chip(kind, "act")
        case plan.Dropout(probability=probability, of=of):
            return Chip(f"dropout {probability:g}{' of maps' if of == 'maps' else ''}", "act")
        case plan.Resize(mode=mode, factor=factor):
            return Chip(f"{mode} ↑{factor}", "resample")
        case plan.Shuffle():
            return Chip("pixel shuffle ↑2", "resample")
        case plan.Pool(factor=1):
            return Chip("as it is", "resample")
        case plan.Pool(factor=factor):
            return Chip(f"mean ↓{factor}", "resample")
        case plan.Attention():
            return Chip(f"self-attention, added{_spectral(layer)}", "attention")
        case plan.Collapse(how=how):
            return Chip({"flatten": "flatten"}.get(how, f"{how} of each map"))
        case plan.DeviationMap():
            return Chip("deviation of the batch", "attention")
        case plan.Closeness(kernels=kernels, dims=dims):
            return Chip(f"closeness to the batch {kernels}×{dims}", "attention")
        case plan.LabelPlanes(embedding_dim=dim):
            return Chip(f"+ label {dim}", "label")
        case plan.Reshape(maps=maps):
            return Chip(f"as {_values(maps)}")
        case _:
            return Chip(type(layer).__name__.lower())


def _spectral(layer: plan.Convolution | plan.TransposedConvolution | plan.Linear | plan.Attention) -> str:
    return " SN" if layer.spectral_norm else ""


def _values(maps: Maps) -> str:
    return f"{maps.channels} values" if maps.resolution == 1 else shape_words(maps)
