from __future__ import annotations

from pathlib import Path

import pytest
import torch

from nas_gan.errors import InputError
from nas_gan.metrics.store import compute_key, load_stored, save_stored

TENSORS = {"weight": torch.arange(6.0).view(2, 3), "count": torch.tensor([3])}
FACTS = {"accuracy": 0.5, "version": 1}


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    saved = save_stored(tmp_path / "new" / "folder", "key", TENSORS, FACTS)
    loaded = load_stored(tmp_path / "new" / "folder", "key")
    assert loaded is not None
    assert loaded.facts == FACTS
    assert loaded.sha256 == saved.sha256
    assert loaded.tensors.keys() == TENSORS.keys()
    assert all(torch.equal(loaded.tensors[name], TENSORS[name]) for name in TENSORS)
    assert sorted(path.name for path in (tmp_path / "new" / "folder").iterdir()) == [
        "key.json",
        "key.safetensors",
    ]


def test_an_unknown_key_leads_to_nothing(tmp_path: Path) -> None:
    assert load_stored(tmp_path, "key") is None


@pytest.mark.parametrize("name", ["key.safetensors", "key.json"])
@pytest.mark.parametrize("damage", ["flipped", "cut", "emptied", "gone"])
def test_damage_is_as_good_as_absence(tmp_path: Path, name: str, damage: str) -> None:
    save_stored(tmp_path, "key", TENSORS, FACTS)
    path = tmp_path / name
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes({"flipped": bytes(content), "cut": bytes(content[:-9]), "emptied": b""}[damage])
    assert load_stored(tmp_path, "key") is None


@pytest.mark.parametrize("text", ["[]", "7", '{"accuracy": 0.5}'])
def test_json_of_another_kind_is_as_good_as_absence(tmp_path: Path, text: str) -> None:
    save_stored(tmp_path, "key", TENSORS, FACTS)
    (tmp_path / "key.json").write_text(text)
    assert load_stored(tmp_path, "key") is None


def test_a_folder_that_cannot_be_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="can't be written"):
        save_stored(tmp_path / "file" / "folder", "key", TENSORS, FACTS)


def test_a_key_depends_on_the_facts_and_not_on_their_order() -> None:
    assert compute_key({"a": 1, "b": [2]}) == compute_key({"b": [2], "a": 1})
    assert compute_key({"a": 1}) != compute_key({"a": 2})
