"""Each value of each hole is tried, and holes are described."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nas_gan.errors import InputError
from nas_gan.space import HoleSummary, Space
from nas_gan.spec import Image

Read = Callable[[str], Space]

STAGES = "[generator.stages]\n[discriminator.stages]\n"

BAD_VALUES = [
    (
        "[generator]\nlatent_dim = { choice = [8, 0] }",
        "with generator.latent_dim = 0: generator.latent_dim: ",
    ),
    (
        "[generator]\nlatent_dim = { int = [8, 2000] }",
        "with generator.latent_dim = 2000: generator.latent_dim: ",
    ),
    ("[generator]\nlatent_dim = { int = [0, 8] }", "space.toml: generator.latent_dim: "),
    ("[generator]\nlatent_dim = { float = [8, 16] }", "space.toml: generator.latent_dim: "),
    ("[generator]\nlatent_dim = 'many'", "space.toml: generator.latent_dim: "),
    ("[training]\nmoving_average = { float = [0.5, 1.0] }", "with training.moving_average = 1.0: training"),
    ("[optimisers.generator]\nlearning_rate = -1.0", "space.toml: optimisers.generator.learning_rate: "),
    ("[generator]\nslope = 0.2", "generator.slope: is not a known field"),
    ("[loss]\nchoice = ['hinge', 'hedge']", "with loss = 'hedge': loss: unknown kind 'hedge'"),
    (
        "[[joint.a.choice]]\nlabel = 'x'\n[[joint.a.choice]]\nlabel = 'y'\ngenerator.width = 0",
        "with joint.a = 'y': generator.width: ",
    ),
    (
        "[discriminator.minibatch]\nchoice = ['none', { kind = 'discrimination', dims = { choice = [8, 0] } }]",
        "with discriminator.minibatch = 'discrimination', discriminator.minibatch[discrimination].dims = 0: "
        "discriminator.minibatch.dims: ",
    ),
    (
        "[generator.conditioning]\nchoice = ['none', 'concat']\n"
        "[discriminator.conditioning]\nchoice = ['none', 'concat']",
        "with generator.conditioning = 'concat': generator.conditioning is 'concat' and discriminator.conditioning "
        "is 'none'; condition both networks, or neither",
    ),
    (
        "[generator.conditioning]\nkind = 'hidden_concat'\nstage = { choice = [0, 2] }\n"
        "[discriminator.conditioning]\nkind = 'projection'",
        "with generator.conditioning.stage = 2: generator.conditioning.stage 2: stages are numbered 0 to 1",
    ),
    (
        "[generator.conditioning]\nkind = 'hidden_concat'\nstage = { int = [3, 4] }\n"
        "[discriminator.conditioning]\nkind = 'projection'",
        "space.toml: generator.conditioning.stage 3: stages are numbered 0 to 1",
    ),
]


@pytest.mark.parametrize(("text", "message"), BAD_VALUES)
def test_value_that_makes_no_architecture(read: Read, digits: Image, text: str, message: str) -> None:
    space = read(STAGES + text)
    with pytest.raises(InputError) as caught:
        space.check(digits)
    assert message in str(caught.value)
    assert "space.toml: " in str(caught.value)


def test_missing_stages_and_wrong_number_of_stages(read: Read, digits: Image) -> None:
    with pytest.raises(InputError, match=r"generator\.stages: is missing; add it"):
        read("[generator]\nwidth = 8\n[discriminator.stages]\n").check(digits)
    with pytest.raises(InputError, match=r"generator\.stages: 1 given; images of 28 need 2"):
        read("[[generator.stages]]\n[discriminator.stages]\n").check(digits)


def test_one_parameter_name_with_two_sets_of_values(read: Read, digits: Image) -> None:
    space = read(
        "[generator.stages]\n[discriminator.stages]\n"
        "[generator.conditioning]\nchoice = [{ kind = 'concat', embedding_dim.choice = [4, 8] }]\n"
        "[discriminator.conditioning]\nkind = 'projection'\n"
        "[[joint.a.choice]]\nlabel = 'x'\n"
        "[[joint.a.choice]]\nlabel = 'concat'\n"
        "generator.conditioning = { kind = 'concat', embedding_dim.choice = [16, 32] }\n"
    )
    with pytest.raises(InputError, match=r"generator\.conditioning\[concat\]\.embedding_dim: two holes"):
        space.check(digits)


def test_holes_are_described(read: Read, digits: Image) -> None:
    space = read(
        "[shared]\nslope = { float = [0.1, 0.3], step = 0.1 }\n"
        "at.choice = ['before_activation', 'before_convolution']\n"
        "[generator]\nlatent_dim = { int = [8, 64], log = true }\n"
        "[generator.stages]\nskip = { int = [0, 3] }\n"
        "norm.choice = [{ kind = 'batch', at = { same_as = 'shared.at' } }, "
        "{ kind = 'layer', at = { same_as = 'shared.at' } }]\n"
        "activation.choice = ['relu', { kind = 'leaky_relu', slope = { same_as = 'shared.slope' } }]\n"
        "[discriminator.stages]\n"
        "[[joint.labels.choice]]\nlabel = 'off'\n"
        "[[joint.labels.choice]]\nlabel = 'on'\n"
        "discriminator.conditioning = 'projection'\n"
        "generator.conditioning.choice = ['concat', { kind = 'hidden_concat', stage.int = [0, 1] }]\n"
        "[optimisers.generator]\nlearning_rate = { float = [1e-4, 1e-3], log = true }\n"
    )
    holes = {hole.path: hole for hole in space.holes(digits)}
    relu = "generator.stages.0.activation = leaky_relu or generator.stages.1.activation = leaky_relu"
    for summary in (
        HoleSummary("joint.labels", "choice", "off, on", ""),
        HoleSummary("generator.latent_dim", "int", "8 to 64, log", ""),
        HoleSummary("generator.stages.0.skip", "int", "0 to 1, cut from 3", ""),
        HoleSummary("generator.stages.1.skip", "int", "0 to 2, cut from 3", ""),
        HoleSummary("generator.stages.1.norm", "choice", "batch, layer", ""),
        HoleSummary("shared.at", "choice", "before_activation, before_convolution", ""),
        HoleSummary("shared.slope", "float", "0.1 to 0.3, step 0.1", relu),
        HoleSummary("generator.conditioning", "choice", "concat, hidden_concat", "joint.labels = on"),
        HoleSummary(
            "generator.conditioning[hidden_concat].stage",
            "int",
            "0 to 1",
            "generator.conditioning = hidden_concat",
        ),
        HoleSummary("optimisers.generator.learning_rate", "float", "0.0001 to 0.001, log", ""),
    ):
        assert holes.pop(summary.path) == summary
    assert sorted(holes) == [
        "generator.stages.0.activation",
        "generator.stages.0.norm",
        "generator.stages.1.activation",
    ]


def test_a_hole_may_exist_in_several_ways(read: Read, digits: Image) -> None:
    space = read(
        STAGES + "[shared]\nsize.choice = [4, 8]\n"
        "[generator]\nwidth.choice = [16, { label = 'shared', same_as = 'shared.size' }]\n"
        "[[joint.a.choice]]\nlabel = 'x'\n"
        "[[joint.a.choice]]\nlabel = 'y'\ndiscriminator.width = { same_as = 'shared.size' }\n"
    )
    assert HoleSummary("shared.size", "choice", "4, 8", "generator.width = shared or joint.a = y") in [
        HoleSummary(hole.path, hole.kind, hole.values, " or ".join(sorted(hole.condition.split(" or "))))
        for hole in space.holes(digits)
    ]


def test_a_cut_range_ends_on_a_step(read: Read) -> None:
    space = read("[generator.stages]\nskip = { int = [0, 4], step = 2 }\n[discriminator.stages]\n")
    assert [hole.values for hole in space.holes(Image(channels=1, resolution=32))] == [
        "0 to 0, step 2, cut from 4",
        "0 to 2, step 2, cut from 4",
        "0 to 2, step 2, cut from 4",
    ]
