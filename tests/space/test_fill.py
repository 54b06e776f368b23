"""Where holes are, what they are called, and what their values make."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nas_gan.errors import InputError
from nas_gan.space import Space
from nas_gan.spec import Architecture, Image
from nas_gan.spec.networks import ConvolutionalDiscriminator, ConvolutionalGenerator
from nas_gan.spec.parts import BatchNorm, Concat, Dense, HiddenConcat, LeakyRelu, Residual

Read = Callable[[str], Space]
FillAt = Callable[[Space, Image, dict[str, Any]], tuple[Architecture, dict[str, list[Any]]]]

STAGES = "[generator.stages]\n[discriminator.stages]\n"


def generator_of(architecture: Architecture) -> ConvolutionalGenerator:
    assert isinstance(architecture.generator, ConvolutionalGenerator)
    return architecture.generator


def discriminator_of(architecture: Architecture) -> ConvolutionalDiscriminator:
    assert isinstance(architecture.discriminator, ConvolutionalDiscriminator)
    return architecture.discriminator


def test_template_gives_each_stage_its_own_holes(read: Read, fill_at: FillAt, digits: Image) -> None:
    space = read("[generator.stages]\ndepth = { int = [1, 3] }\n[discriminator.stages]\n")
    architecture, asked = fill_at(space, digits, {"generator.stages.1.depth": 3})
    assert asked == {"generator.stages.0.depth": [1, 2, 3], "generator.stages.1.depth": [1, 2, 3]}
    assert [stage.depth for stage in generator_of(architecture).stages] == [1, 3]
    larger, asked = fill_at(space, Image(channels=3, resolution=64, classes=0), {})
    assert len(asked) == len(generator_of(larger).stages) == len(discriminator_of(larger).stages) == 4


def test_explicit_stages(read: Read, fill_at: FillAt, digits: Image) -> None:
    space = read(
        "[[generator.stages]]\ndepth = 2\n[[generator.stages]]\nwidth = { choice = [8, 16] }\n"
        "[discriminator.stages]\n"
    )
    architecture, asked = fill_at(space, digits, {"generator.stages.1.width": 16})
    assert asked == {"generator.stages.1.width": [8, 16]}
    assert [stage.depth for stage in generator_of(architecture).stages] == [2, 1]
    assert generator_of(architecture).stages[1].width == 16


def test_only_the_chosen_option_is_asked_for(read: Read, fill_at: FillAt, digits: Image) -> None:
    space = read(
        STAGES.replace(
            "\n",
            "\nconnect = { choice = ['plain', 'residual', "
            "{ kind = 'dense', growth = { int = [4, 8], step = 4 } }] }\n",
            1,
        )
    )
    plain, asked = fill_at(space, digits, {"generator.stages.0.connect": "residual"})
    assert list(asked) == ["generator.stages.0.connect", "generator.stages.1.connect"]
    assert generator_of(plain).stages[0].connect == Residual()
    assert asked["generator.stages.0.connect"] == ["plain", "residual", "dense"]
    dense, asked = fill_at(
        space, digits, {"generator.stages.0.connect": "dense", "generator.stages.0.connect[dense].growth": 8}
    )
    assert generator_of(dense).stages[0].connect == Dense(growth=8)
    assert "generator.stages.1.connect[dense].growth" not in asked


def test_options_without_a_kind_have_labels(read: Read, fill_at: FillAt, digits: Image) -> None:
    space = read(
        "[generator]\nlatent_dim = { choice = [8, { label = 'large', int = [64, 128], step = 64 }] }\n"
        + STAGES
    )
    assert fill_at(space, digits, {})[0].latent_generator.latent_dim == 8
    architecture, asked = fill_at(
        space, digits, {"generator.latent_dim": "large", "generator.latent_dim[large]": 128}
    )
    assert architecture.latent_generator.latent_dim == 128
    assert asked["generator.latent_dim"] == [8, "large"]


def test_labels_tell_tables_of_one_kind_apart(read: Read, fill_at: FillAt, digits: Image) -> None:
    space = read(
        "[generator.stages]\nnorm.choice = [{ label = 'early', kind = 'batch', at = 'before_convolution' }, 'batch']\n"
        "[discriminator.stages]\n"
    )
    architecture, asked = fill_at(space, digits, {})
    assert asked["generator.stages.0.norm"] == ["early", "batch"]
    assert generator_of(architecture).stages[0].norm == BatchNorm(at="before_convolution")


def test_same_as_copies_a_hole_before_or_after_it(read: Read, fill_at: FillAt, digits: Image) -> None:
    space = read(
        "[generator]\nwidth = { same_as = 'discriminator.width' }\n"
        "[discriminator]\nwidth = { choice = [8, 16] }\nstem_width = { same_as = 'generator.width' }\n"
        + STAGES
    )
    architecture, asked = fill_at(space, digits, {"discriminator.width": 16})
    assert list(asked) == ["discriminator.width"]
    assert generator_of(architecture).width == discriminator_of(architecture).stem_width == 16


def test_same_as_copies_a_whole_table(read: Read, fill_at: FillAt, digits: Image) -> None:
    space = read(
        STAGES + "[optimisers.generator]\nlearning_rate = { choice = [1e-3, 1e-4] }\nbeta1 = 0.0\n"
        "[optimisers]\ndiscriminator = { same_as = 'optimisers.generator' }\n"
    )
    architecture, asked = fill_at(space, digits, {"optimisers.generator.learning_rate": 1e-4})
    assert list(asked) == ["optimisers.generator.learning_rate"]
    assert architecture.optimisers.discriminator == architecture.optimisers.generator
    assert architecture.optimisers.generator.learning_rate == 1e-4


def test_same_as_reaches_into_a_chosen_option(read: Read, fill_at: FillAt, digits: Image) -> None:
    space = read(
        STAGES + "[generator.conditioning]\n"
        "choice = [{ kind = 'concat', embedding_dim = { choice = [4, 8] } }, "
        "{ kind = 'hidden_concat', embedding_dim = 16 }]\n"
        "[discriminator.conditioning]\nkind = 'concat'\n"
        "embedding_dim = { same_as = 'generator.conditioning.embedding_dim' }\n"
    )
    architecture, _ = fill_at(space, digits, {"generator.conditioning": "hidden_concat"})
    assert architecture.discriminator.conditioning == Concat(embedding_dim=16)
    architecture, _ = fill_at(space, digits, {"generator.conditioning[concat].embedding_dim": 8})
    assert architecture.discriminator.conditioning == Concat(embedding_dim=8)


def test_mirror_is_the_stage_of_the_same_resolution(read: Read, fill_at: FillAt) -> None:
    space = read(
        "[generator.stages]\ndepth = { int = [1, 4] }\n"
        "[discriminator.stages]\ndepth = { same_as = 'generator.stages.mirror.depth' }\n"
    )
    depths = [3, 1, 4]
    point = {f"generator.stages.{index}.depth": depth for index, depth in enumerate(depths)}
    architecture, asked = fill_at(space, Image(channels=3, resolution=32), point)
    assert list(asked) == list(point)
    assert [stage.depth for stage in discriminator_of(architecture).stages] == depths[::-1]


def test_mirror_works_in_explicit_stages(read: Read, fill_at: FillAt, digits: Image) -> None:
    space = read(
        "[[generator.stages]]\ndepth = 2\n[[generator.stages]]\ndepth = 3\n"
        "[[discriminator.stages]]\ndepth = { same_as = 'generator.stages.mirror.depth' }\n[[discriminator.stages]]\n"
    )
    architecture, _ = fill_at(space, digits, {})
    assert [stage.depth for stage in discriminator_of(architecture).stages] == [3, 1]


def test_shared_holes_are_asked_for_once_and_only_where_copied(
    read: Read, fill_at: FillAt, digits: Image
) -> None:
    space = read(
        "[shared]\nslope = { float = [0.1, 0.3], step = 0.1 }\n"
        "[generator.stages]\nactivation.choice = ['relu', "
        "{ kind = 'leaky_relu', slope = { same_as = 'shared.slope' } }]\n[discriminator.stages]\n"
    )
    _, asked = fill_at(space, digits, {})
    assert "shared.slope" not in asked
    both = {f"generator.stages.{index}.activation": "leaky_relu" for index in (0, 1)}
    architecture, asked = fill_at(space, digits, {**both, "shared.slope": 0.1 + 2 * 0.1})
    assert list(asked).count("shared.slope") == 1
    # 0.1 + 2 · 0.1 isn't 0.3 in floating point; steps are.
    assert [stage.activation for stage in generator_of(architecture).stages] == [LeakyRelu(slope=0.3)] * 2


JOINT = (
    STAGES + "[[joint.labels.choice]]\nlabel = 'off'\n"
    "[[joint.labels.choice]]\nlabel = 'on'\nloss = 'hinge'\n"
    "generator.conditioning.choice = ['concat', 'hidden_concat']\ndiscriminator.conditioning = 'projection'\n"
)


def test_joint_option_sets_several_places(read: Read, fill_at: FillAt, digits: Image) -> None:
    space = read(JOINT)
    off, asked = fill_at(space, digits, {})
    assert asked == {"joint.labels": ["off", "on"]}
    assert not off.conditional
    on, asked = fill_at(space, digits, {"joint.labels": "on", "generator.conditioning": "hidden_concat"})
    assert asked == {"joint.labels": ["off", "on"], "generator.conditioning": ["concat", "hidden_concat"]}
    assert on.generator.conditioning == HiddenConcat()
    assert (on.discriminator.conditioning.kind, on.loss.kind) == ("projection", "hinge")


def test_joint_option_merges_into_templates(read: Read, fill_at: FillAt, digits: Image) -> None:
    space = read(
        "[generator.stages]\nkernel = 5\ndepth = 2\n[discriminator.stages]\n"
        "[[joint.size.choice]]\nlabel = 'deep'\ngenerator.stages.depth = 4\n"
    )
    stage = generator_of(fill_at(space, digits, {})[0]).stages[1]
    assert (stage.kernel, stage.depth) == (5, 4)


def test_different_holes_in_one_place_are_told_apart(read: Read, fill_at: FillAt, digits: Image) -> None:
    space = read(
        STAGES
        + "[[joint.size.choice]]\nlabel = 'small'\ngenerator.width.choice = [4, 8]\ndiscriminator.width.int = [4, 6]\n"
        "[[joint.size.choice]]\nlabel = 'large'\ngenerator.width.choice = [16, 32]\ndiscriminator.width.int = [4, 6]\n"
    )
    _, small = fill_at(space, digits, {})
    _, large = fill_at(space, digits, {"joint.size": "large"})
    assert small["generator.width[small]"] == [4, 8]
    assert large["generator.width[large]"] == [16, 32]
    assert small["discriminator.width"] == large["discriminator.width"] == [4, 5, 6]


def test_ranges_are_cut_to_the_stages(read: Read, fill_at: FillAt, digits: Image) -> None:
    space = read(
        "[generator.stages]\nskip = { int = [0, 4], step = 2 }\n[discriminator.stages]\nskip = { int = [0, 2] }\n"
        "[generator.conditioning]\nkind = 'hidden_concat'\nstage = { int = [0, 7] }\n"
        "[discriminator.conditioning]\nkind = 'projection'\n"
    )
    _, asked = fill_at(space, digits, {})
    assert asked["generator.conditioning.stage"] == [0, 1]
    assert [asked[f"generator.stages.{index}.skip"] for index in (0, 1)] == [[0], [0, 2]]
    assert [asked[f"discriminator.stages.{index}.skip"] for index in (0, 1)] == [[0, 1], [0, 1, 2]]
    _, asked = fill_at(space, Image(channels=1, resolution=32, classes=2), {})
    assert asked["generator.conditioning.stage"] == [0, 1, 2]


def test_unlabelled_images_drop_options_that_need_labels(read: Read, fill_at: FillAt) -> None:
    unlabelled = Image(channels=1, resolution=28)
    _, asked = fill_at(read(JOINT), unlabelled, {})
    assert asked == {"joint.labels": ["off"]}
    space = read(
        STAGES + "[shared]\nhow.choice = ['concat', 'none']\n"
        "[generator]\nconditioning = { same_as = 'shared.how' }\n"
        "[discriminator]\nconditioning = { same_as = 'generator.conditioning' }\n"
    )
    _, asked = fill_at(space, unlabelled, {})
    assert asked == {"shared.how": ["none"]}


@pytest.mark.parametrize(
    "text",
    [
        "[generator.conditioning]\nkind = 'concat'\n[discriminator.conditioning]\nkind = 'projection'\n",
        "[shared]\na = { same_as = 'shared.b' }\nb.choice = ['concat', 'hidden_concat']\n"
        "[generator]\nconditioning = { same_as = 'shared.a' }\n"
        "[discriminator]\nconditioning = { same_as = 'shared.a' }\n",
        "[[joint.labels.choice]]\nlabel = 'on'\ngenerator.conditioning = 'concat'\n"
        "discriminator.conditioning = 'concat'\n",
    ],
)
def test_unlabelled_images_and_a_conditional_only_space(read: Read, text: str) -> None:
    with pytest.raises(
        InputError, match="every architecture of this space uses labels and the data has none"
    ):
        read(STAGES + text).check(Image(channels=1, resolution=28))


def test_an_image_in_the_file_must_be_the_datas(read: Read, fill_at: FillAt, digits: Image) -> None:
    space = read("[image]\nresolution = 28\n" + STAGES)
    assert fill_at(space, digits, {})[0].image == digits
    with pytest.raises(InputError, match=r"image\.resolution: the file is for 28 and the data has 32"):
        space.check(Image(channels=1, resolution=32, classes=10))


def test_an_image_that_no_network_can_make(read: Read) -> None:
    with pytest.raises(InputError, match=r"image\.resolution: 27 can't be halved"):
        read(STAGES).check(Image(channels=1, resolution=27))


BAD_LINKS = [
    (
        "width = { same_as = 'generator.latnet_dim' }\nlatent_dim = 8",
        "no 'latnet_dim'; did you mean 'latent_dim'?",
    ),
    ("width = { same_as = 'generator.latent_dim' }", "no 'latent_dim'; write it there"),
    ("width = { same_as = 'shared.size' }", "no 'size'"),
    ("width = { same_as = 'generator.stages.mirror.depth' }", "no 'mirror'"),
    ("width = { same_as = 'generator.stages.2.width' }", "no '2'"),
    ("width = { same_as = 'generator.head_kernel.x' }\nhead_kernel = 3", "no 'x'"),
    ("width = { same_as = 'generator.width' }", "in a circle: generator.width → generator.width"),
    ("width = { same_as = 'generator' }", "in a circle: generator.width → generator.width"),
    (
        "width = { choice = [4, { label = 'copy', same_as = 'generator.latent_dim' }] }\n"
        "latent_dim = { choice = [8, { label = 'copy', same_as = 'generator.width' }] }",
        "in a circle: generator.width → generator.latent_dim → generator.width",
    ),
    (
        "width = { same_as = 'generator.conditioning.embedding_dim' }\n"
        "conditioning.choice = [{ kind = 'concat', embedding_dim = 8 }, 'hidden_concat']",
        "no 'embedding_dim'; write it there, in every option, or in [shared]",
    ),
]


@pytest.mark.parametrize(("lines", "remedy"), BAD_LINKS)
def test_same_as_to_nowhere_or_in_a_circle(read: Read, digits: Image, lines: str, remedy: str) -> None:
    with pytest.raises(InputError) as caught:
        read(f"[generator]\n{lines}\n{STAGES}").check(digits)
    assert "space.toml: generator.width: same_as" in str(caught.value)
    assert remedy in str(caught.value)
