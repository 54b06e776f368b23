"""A JSON schema of space files, so that editors complete and check them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nas_gan.space.nodes import IMAGE, JOINT, SHARED, STARTS
from nas_gan.space.stages import NETWORKS
from nas_gan.spec import Architecture

JsonSchema = dict[str, Any]

KIND_MAY_BE_LEFT_OUT = ("ConvolutionalGenerator", "ConvolutionalDiscriminator", "Adam")

OPTIONS = "One of these; each may hold more holes."
LABEL: JsonSchema = {"type": "string", "description": "What this option of a choice is called in a study."}


def schema() -> JsonSchema:
    """Return the schema of an architecture (JSON schema, draft 7) in which every value may also be a hole."""
    given = Architecture.model_json_schema(mode="serialization")
    models = given.pop("$defs")
    own = {name: _or_hole(value) for name, value in given["properties"].items() if name != IMAGE}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Search space",
        "description": "An architecture in which any value may be a hole.",
        **_table(
            {
                IMAGE: given["properties"][IMAGE],
                **own,
                SHARED: _shared(),
                JOINT: _joint(own),
                STARTS: _starts(),
            }
        ),
        "$defs": {name: _model(model) for name, model in models.items()} | _holes(),
    }


def _model(model: Mapping[str, Any]) -> JsonSchema:
    """Return the fields of a model, with holes; as an option of a choice it may have a label."""
    if model["title"] == "Image":
        return dict(model)  # no holes: images are what the data gives
    fields = {name: _field(name, value, model) for name, value in model["properties"].items()}
    required = ["kind"] if "kind" in fields and model["title"] not in KIND_MAY_BE_LEFT_OUT else []
    return {"description": model["description"], **_table({**fields, "label": LABEL}, required)}


def _field(name: str, value: Mapping[str, Any], model: Mapping[str, Any]) -> JsonSchema:
    """Return what a field may be; a kind is told in the model's own words."""
    if name == "kind":
        return {**value, "description": model["description"]}
    return _template_too(value) if name == "stages" else _or_hole(value)


def _template_too(stages: Mapping[str, Any]) -> JsonSchema:
    anything = [stages["items"], {"type": "array", "items": stages["items"]}, _ref("AnyHole")]
    return {"description": stages["description"], "anyOf": anything}


def _or_hole(value: Mapping[str, Any]) -> JsonSchema:
    """Return a value, a choice of such values, or another hole that can make one."""
    values = _values(value)
    types = {alternative.get("type") for alternative in values}
    ranges = [_ref("IntHole")] if "integer" in types else [_ref("FloatHole")] if "number" in types else []
    items = {"anyOf": [*values, _ref("AnyHole")]}
    options = {"type": "array", "minItems": 1, "description": OPTIONS, "items": items}
    choice = _table({"choice": options, "label": LABEL}, ["choice"])
    told = {key: value[key] for key in ("description", "default") if key in value}
    return {**told, "anyOf": [*values, choice, *ranges, _ref("SameAs")]}


def _values(value: Mapping[str, Any]) -> list[JsonSchema]:
    """Return the alternatives of a field; tables that are told apart by kind may be given by the kind's name.

    Not those whose kind may be left out: they are never a name alone.
    """
    if "discriminator" in value:
        models = {reference.rpartition("/")[2] for reference in value["discriminator"]["mapping"].values()}
        names = [] if models & set(KIND_MAY_BE_LEFT_OUT) else [*value["discriminator"]["mapping"]]
        return [*([{"enum": names}] if names else []), *value["oneOf"]]
    if "anyOf" in value:
        return list(value["anyOf"])
    if "discriminator" in value.get("items", {}):
        # Tables alone: a list of names in a file is taken for a choice that was meant.
        return [{"type": "array", "items": {"anyOf": [*value["items"]["oneOf"], _ref("AnyHole")]}}]
    return [{key: item for key, item in value.items() if key not in ("default", "title", "description")}]


def _holes() -> JsonSchema:
    number, whole = {"type": "number"}, {"type": "integer"}
    anything: JsonSchema = {"type": "array", "minItems": 1, "description": OPTIONS}
    choice = _table({"choice": anything, "label": LABEL}, ["choice"])
    path = {"type": "string", "description": "Dotted path of the value or hole to copy."}
    same_as = _table({"same_as": path, "label": LABEL}, ["same_as"])
    return {
        "IntHole": _range("int", whole),
        "FloatHole": _range("float", number),
        "SameAs": same_as,
        "AnyHole": {"anyOf": [choice, *(_ref(name) for name in ("IntHole", "FloatHole", "SameAs"))]},
    }


def _range(key: str, number: JsonSchema) -> JsonSchema:
    text = "The smallest and the largest value, both among them."
    ends = {"type": "array", "items": number, "minItems": 2, "maxItems": 2, "description": text}
    step = {
        **number,
        "exclusiveMinimum": 0,
        "description": "Distance between values, counted from the smallest.",
    }
    log = {"type": "boolean", "description": "Whether values are drawn evenly by their logarithm."}
    return _table({key: ends, "step": step, "log": log, "label": LABEL}, [key])


def _shared() -> JsonSchema:
    return {"type": "object", "description": 'Values and holes to copy: { same_as = "shared.NAME" }.'}


def _starts() -> JsonSchema:
    return {
        "type": "array",
        "items": {"type": "string", "minLength": 1},
        "description": "Architectures to try first: names of bundled ones, and files beside this one.",
    }


def _joint(own: JsonSchema) -> JsonSchema:
    # What an option says of a network joins what the file says, its kind among it.
    part: JsonSchema = {"type": "object", "description": "A part of a network whose kind the file states."}
    networks = {
        name: {"description": own[name]["description"], "anyOf": [own[name], part]} for name in NETWORKS
    }
    option = _table({"label": LABEL, **own, **networks}, ["label"])
    text = "Options that are taken as a whole, each with a label."
    options = {"type": "array", "minItems": 1, "description": text, "items": option}
    choice = _table({"choice": options}, ["choice"])
    return {
        "type": "object",
        "description": "Choices that set several places at once.",
        "additionalProperties": choice,
    }


def _table(properties: JsonSchema, required: list[str] | None = None) -> JsonSchema:
    return {
        "type": "object",
        "properties": properties,
        "required": required or [],
        "additionalProperties": False,
    }


def _ref(name: str) -> JsonSchema:
    return {"$ref": f"#/$defs/{name}"}
