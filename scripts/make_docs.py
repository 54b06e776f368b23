"""Write the pages of the site that follow from the code: a space's fields, scores and protocols, the commands, the API.

    mkdocs build --strict                   # the site; mkdocs calls this as a hook
    python scripts/make_docs.py DIR         # the pages alone

None of these pages is kept, so that none can be out of step.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

import nas_gan
from nas_gan.cli.main import app
from nas_gan.metrics.plane_protocol import PlaneRecipe
from nas_gan.metrics.protocol import PROTOCOLS, Recipe
from nas_gan.metrics.scores import SCORE_KINDS
from nas_gan.spec import Architecture

FIRST = {
    "An architecture": ("Architecture", "Image", "Optimisers", "Adam", "Rmsprop", "Training"),
    "Convolutional networks": (
        "ConvolutionalGenerator",
        "GeneratorStage",
        "ConvolutionalDiscriminator",
        "DiscriminatorStage",
    ),
    "Perceptrons": (
        "PerceptronGenerator",
        "GeneratorHidden",
        "PerceptronDiscriminator",
        "DiscriminatorHidden",
    ),
}
"""Sections that go before the choices, and the models in them."""

COMMANDS = "reference/commands"


def pages() -> dict[str, str]:
    """Return all generated pages, in Markdown, by their paths in the site."""
    made = {
        "reference/space.md": space_page(),
        "reference/scores.md": scores_page(),
        "reference/api.md": api_page(),
    }
    return made | {f"{COMMANDS}/{name}.md": command_page(name, one) for name, one in all_commands().items()}


# --- a space's fields ----------------------------------------------------------------------------


def space_page() -> str:
    """Write the reference of a space: each field with its sentence, its values and its default."""
    given = Architecture.model_json_schema(mode="serialization")
    models = given.pop("$defs") | {"Architecture": given}
    sections = {title: list(names) for title, names in FIRST.items()} | _choices(models)
    parts = [
        "# Reference of a space\n\nEvery field of an architecture, and so of a space, where any value may be a hole "
        "([writing spaces](../spaces.md)). A kind whose fields all have defaults may be written as its name: "
        '`norm = "batch"` is `norm = { kind = "batch" }`. `python -m nas_gan spaces --schema` prints the same as a '
        "JSON schema, with which editors complete and check a file."
    ]
    for title, names in sections.items():
        parts.append(f"## {title}")
        parts += [_model_section(name, models[name]) for name in names]
    return "\n\n".join(parts) + "\n"


def _choices(models: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the kinds that belong to no section yet, by the field for which they are first met."""
    placed = {name for names in FIRST.values() for name in names}
    found: dict[str, list[str]] = {}
    queue = ["Architecture"]
    for model in queue:  # which grows
        for field, value in models[model]["properties"].items():
            for name in re.findall(r"'#/\$defs/(\w+)'", str({**value, "discriminator": None})):
                if name not in placed:
                    found.setdefault(
                        f"Choices of `{field.removeprefix('stem_').removeprefix('linear_')}`", []
                    ).append(name)
                    placed.add(name)
                if name not in queue:
                    queue.append(name)
    return found


def _model_section(name: str, model: Mapping[str, Any]) -> str:
    fields = {field: value for field, value in model["properties"].items() if field != "kind"}
    kind = model["properties"].get("kind", {}).get("const")
    title = f"`{kind}`" if kind else name
    rows = [
        (f"`{field}`", _sentence(value), _values(value), _default(field, value, model))
        for field, value in fields.items()
    ]
    table = f"\n\n{_table(('field', 'what it is', 'values', 'default'), rows)}" if rows else ""
    return f"### {title} {{#{name.lower()}}}\n\n{_sentence(model)}{table}"


def _sentence(of: Mapping[str, Any]) -> str:
    return " ".join(of["description"].split())


def _values(value: Mapping[str, Any]) -> str:  # noqa: PLR0911 - one a kind of value
    """Say what a field may be."""
    if "$ref" in value:
        return _link(value)
    if "enum" in value:
        return ", ".join(f"`{_toml(one)}`" for one in value["enum"])
    if "const" in value:
        return f"`{_toml(value['const'])}`"
    if "oneOf" in value:
        return ", ".join(map(_link, value["oneOf"]))
    if "anyOf" in value:
        return ", or ".join(_values(one) for one in value["anyOf"] if one.get("type") != "null")
    if value["type"] == "array":
        return f"a list of {_values(value['items'])}"
    if value["type"] == "boolean":
        return "`true`, `false`"
    return _range(value)


def _range(value: Mapping[str, Any]) -> str:
    ends = {
        "from {}": value.get("minimum"),
        "above {}": value.get("exclusiveMinimum"),
        "to {}": value.get("maximum"),
        "below {}": value.get("exclusiveMaximum"),
    }
    told = ", ".join(text.format(f"{end:g}") for text, end in ends.items() if end is not None)
    return f"{'whole numbers' if value['type'] == 'integer' else 'numbers'} {told}"


def _link(reference: Mapping[str, Any]) -> str:
    name = reference["$ref"].rpartition("/")[2]
    return f"[{_KINDS.get(name, name)}](#{name.lower()})"


def _default(field: str, value: Mapping[str, Any], model: Mapping[str, Any]) -> str:
    if field in model.get("required", ()):
        return "none: give it"
    default = value.get("default")
    if isinstance(default, dict):
        return f"`{_toml(default['kind'])}`" if "kind" in default else "its fields' defaults"
    return "left out" if default is None else f"`{_toml(default)}`"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    return f"{value:g}" if isinstance(value, float) else str(value)


def _kinds() -> dict[str, str]:
    """Return what links call the models that have a kind."""
    models = Architecture.model_json_schema(mode="serialization")["$defs"]
    kinds = {name: model["properties"].get("kind", {}).get("const") for name, model in models.items()}
    return {name: f"`{kind}`" for name, kind in kinds.items() if kind}


_KINDS = _kinds()


# --- scores and protocols ------------------------------------------------------------------------


def scores_page() -> str:
    """Write the tables of scores and protocols."""
    scores = (
        (kind.title, f"`{kind.option}`" if kind.judges else "", kind.sentence, _needs(kind.needs))
        for kind in SCORE_KINDS.values()
    )
    protocols = ((f"`{name}`", *_protocol(recipe)) for name, recipe in PROTOCOLS.items())
    return (
        "# Scores and protocols\n\n## Scores\n\nWith a name for `--metric`, a search can be after it.\n\n"
        f"{_table(('score', '`--metric`', 'how to read it', 'needs'), scores)}\n\n"
        "## Protocols\n\nHow scores are made: `--protocol NAME`. Scores of two protocols are never compared "
        "([choosing](../choosing.md)).\n\n"
        f"{_table(('protocol', 'features from', 'images or points', 'compared with'), protocols)}\n"
    )


def _needs(needs: Iterable[str]) -> str:
    return ", ".join(sorted(need for need in needs if need != "pixels")) or "images"


def _protocol(recipe: Recipe) -> tuple[str, str, str]:
    if isinstance(recipe, PlaneRecipe):
        return "–", f"{recipe.sample_count:,}", "the mixture that the points come from"
    own = {
        "classifier": "a classifier of the data, trained once",
        "selfsup": "a network trained once on the images without labels",
        "inception": "the Inception network of 2015",
    }
    images = "held-out images" if recipe.reference == "held_out" else "the training set"
    return own[recipe.extractor], f"{recipe.sample_count:,}", images


# --- commands ------------------------------------------------------------------------------------


def all_commands() -> dict[str, Any]:
    """Return the commands by name, those of groups as `studies-copy`."""
    found: dict[str, Any] = {}
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        inner = getattr(command, "commands", {})
        found |= {name: command} if not inner else {f"{name}-{each}": one for each, one in inner.items()}
    return found


def command_page(name: str, command: Any) -> str:
    """Write a command's page from its parser: what it does, examples, arguments, options in their groups."""
    called = name.replace("-", " ")
    context = command.make_context(called, [], resilient_parsing=True)
    usage = " ".join(command.collect_usage_pieces(context))
    groups: dict[str, list[tuple[str, ...]]] = {}
    for param in command.get_params(context):
        if record := param.get_help_record(context):
            title = "Arguments" if param.param_type_name == "argument" else "Options"
            title = getattr(param, "rich_help_panel", None) or title
            groups.setdefault(title, []).append((f"`{record[0].strip()}`", _text(record[1])))
    parts = [f"# {called}", f"```text\npython -m nas_gan {called} {usage}\n```", *_help(command.help)]
    parts += [f"## {title}\n\n{_table(('', ''), rows)}" for title, rows in groups.items()]
    return "\n\n".join(parts) + "\n"


def _help(text: str) -> Iterator[str]:
    """Yield the paragraphs of a help text; those whose line ends are kept hold examples."""
    for part in text.split("\n\n"):
        if part.startswith("\b"):
            heading, _, lines = part.removeprefix("\b").strip("\n").partition("\n")
            yield f"{heading}\n\n```sh\n{_without_indent(lines)}\n```"
        else:
            yield _text(part)


def _without_indent(lines: str) -> str:
    return "\n".join(line.removeprefix("  ") for line in lines.splitlines())


def _text(text: str) -> str:
    """Return text of a parser as Markdown, in which options are code and the rest is text."""
    escaped = re.sub(r"([<>*_])", r"\\\1", " ".join(text.split()))
    return re.sub(r"(?<![\w`])(--[a-z][a-z-]+)", r"`\1`", escaped)


# --- the Python API ------------------------------------------------------------------------------


def api_page() -> str:
    """Write the frame of the API's page; mkdocstrings fills it from signatures and docstrings."""
    names = [name for name in nas_gan.__all__ if name != "__version__"]
    functions = [name for name in names if name.islower()]
    parts = ["# The Python API, name by name\n\nAn introduction is [here](../api.md)."]
    for title, chosen in (("Functions", functions), ("Classes", [n for n in names if n not in functions])):
        parts.append(f"## {title}")
        parts += [f"::: nas_gan.{name}" for name in chosen]
    return "\n\n".join(parts) + "\n"


# --- the site ------------------------------------------------------------------------------------


def _table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Write a table; a cell that is no code has no line between columns in it."""
    first = tuple(headings)
    lines = [first, ("---",) * len(first), *map(tuple, rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def on_config(config: Any) -> Any:
    """Put the commands' pages into the site's navigation (a hook of mkdocs)."""
    commands = [f"{COMMANDS}/{name}.md" for name in all_commands()]
    for section in config.nav:
        for title, entries in section.items():
            if title == "Reference":
                entries.append({"Commands": commands})
    return config


def on_files(files: Any, config: Any) -> Any:
    """Add the generated pages to the site (a hook of mkdocs)."""
    from mkdocs.structure.files import File

    for path, text in pages().items():
        files.append(File.generated(config, path, content=text))
    return files


def main() -> None:
    """Write the pages into a folder."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, metavar="DIR")
    folder = parser.parse_args().folder
    made = pages()
    for path, text in made.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    print(f"{folder}: {len(made)} pages")


if __name__ == "__main__":
    main()
