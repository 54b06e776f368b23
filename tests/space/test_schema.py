"""The schema takes what is right and refuses what is wrong, as an editor would."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import nas_gan
from nas_gan.space import schema
from nas_gan.space.parse_node import BESIDE, field_names

FOLDER = Path(nas_gan.__file__).parent.parent / "search_spaces"
SPACES = sorted(FOLDER.rglob("*.toml"))
TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}


def is_valid(value: Any, rule: Mapping[str, Any], root: Mapping[str, Any]) -> bool:
    """Judges a value by the keywords of draft 7 that the schema uses."""
    if "$ref" in rule:
        return is_valid(value, root["$defs"][rule["$ref"].removeprefix("#/$defs/")], root)
    checks = [any(is_valid(value, inner, root) for inner in rule["anyOf"])] if "anyOf" in rule else []
    checks += [value in rule["enum"]] if "enum" in rule else []
    checks += [value == rule["const"]] if "const" in rule else []
    if "type" in rule:
        boolean = isinstance(value, bool) and rule["type"] != "boolean"
        checks.append(isinstance(value, TYPES[rule["type"]]) and not boolean)
    if isinstance(value, dict):
        known, other = rule.get("properties", {}), rule.get("additionalProperties", True)
        checks += [name in value for name in rule.get("required", [])]
        checks += [is_valid(inner, known[name], root) for name, inner in value.items() if name in known]
        for name in value.keys() - known.keys():
            checks.append(other if isinstance(other, bool) else is_valid(value[name], other, root))
    if isinstance(value, list):
        checks.append(rule.get("minItems", 0) <= len(value) <= rule.get("maxItems", len(value)))
        checks += [is_valid(item, rule.get("items", {}), root) for item in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        checks.append(rule.get("minimum", value) <= value <= rule.get("maximum", value))
        checks.append(rule.get("exclusiveMinimum", -1e9) < value < rule.get("exclusiveMaximum", 1e9))
    return all(checks)


@pytest.mark.parametrize("path", SPACES, ids=lambda path: path.stem)
def test_bundled_spaces_are_valid(path: Path) -> None:
    rules = schema()
    assert is_valid(tomllib.loads(path.read_text(encoding="utf-8")), rules, rules)


RIGHT = [
    "[generator]\nlatent_dim = 64",
    "[generator]\nlatent_dim.choice = [64, { label = 'any', int = [1, 8] }]",
    "[generator]\nlatent_dim = { int = [1, 8], log = true }",
    "[generator]\nlatent_dim = { same_as = 'discriminator.width' }",
    "[[generator.stages]]\nnorm = 'batch'",
    "[generator.stages]\nnorm = { kind = 'batch', at.choice = ['before_activation'] }",
    "[generator.stages]\nnorm.choice = ['none', { kind = 'batch', label = 'b' }]",
    "[image]\nresolution = 28\nchannels = 1",
    "[shared]\nanything = { int = [1, 2] }",
    "[joint.a]\nchoice = [{ label = 'x', loss = 'hinge' }]",
    "starts = ['baselines/plain', 'mine.toml']",
    "[[regularisers]]\nkind = 'r1'\nweight = { float = [0.1, 10.0], log = true }",
    "regularisers = [{ choice = ['r1', { kind = 'dragan' }] }]",
    "[optimisers]\ndiscriminator = { same_as = 'optimisers.generator' }",
]
WRONG = [
    "[generator]\nlatent_dim = 0",
    "[generator]\nlatent_dim = 'many'",
    "[generator]\nlatent_dim.choice = []",
    "[generator]\nlatent_dim.choise = [64]",
    "[generator]\nlatent_dim.choice = ['many']",
    "[generator]\nlatent_dim = { int = [1, 8, 9] }",
    "[generator]\nlatent_dim = { float = [1.0, 8.0] }",
    "[generator]\nlatnet_dim = 64",
    "[generator.stages]\nnorm = 'btach'",
    "[generator.stages]\nnorm = { kind = 'none', at = 'before_activation' }",
    "[joint.a]\nchoice = [{ loss = 'hinge' }]",
    "regularisers = ['r1']",
    "[[regularisers]]\nkind = 'r2'",
    "[losses]",
    "starts = 'baselines/plain'",
    "starts = [1]",
]


@pytest.mark.parametrize("text", RIGHT)
def test_right_files_are_valid(text: str) -> None:
    assert is_valid(tomllib.loads(text), schema(), schema())


@pytest.mark.parametrize("text", WRONG)
def test_wrong_files_are_not(text: str) -> None:
    assert not is_valid(tomllib.loads(text), schema(), schema())


def test_schema_is_plain_json_and_every_reference_leads_somewhere() -> None:
    rules = schema()
    text = json.dumps(rules, allow_nan=False)
    assert json.loads(text) == rules
    for part in text.split('"$ref": "#/$defs/')[1:]:
        assert part.split('"')[0] in rules["$defs"]


def _tables(rule: Any) -> Iterator[Mapping[str, Any]]:
    parts = rule.values() if isinstance(rule, dict) else rule if isinstance(rule, list) else ()
    if isinstance(rule, dict) and isinstance(rule.get("properties"), dict):
        yield rule["properties"]
    for part in parts:
        yield from _tables(part)


def test_every_field_has_its_sentence() -> None:
    told = [
        (name, field.get("description", "")) for table in _tables(schema()) for name, field in table.items()
    ]
    assert {name for name, _ in told} >= field_names()
    assert [name for name, text in told if not text.endswith((".", "}."))] == []


def test_no_field_is_called_like_a_hole() -> None:
    """Else a table of an architecture would be read as a hole."""
    assert field_names().isdisjoint({*BESIDE, "label", "log", "step", "mirror", "shared", "joint"})
