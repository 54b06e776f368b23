"""What is stored with a study is what the search was begun with, whatever becomes of the files."""

from __future__ import annotations

from pathlib import Path

import optuna

from nas_gan.search.definition import StudyDefinition, create_or_continue
from nas_gan.search.ingredients import load_settings, store_settings
from nas_gan.search.settings import SearchSettings
from nas_gan.search.storage.database import open_storage
from nas_gan.space import load_space

SPACE = "[generator]\nwidth = {{ choice = {widths} }}\n[generator.stages]\n[discriminator.stages]\n"


def _begin(storage: str, space: str) -> optuna.Study:
    definition = StudyDefinition(
        space=space,
        space_fingerprint="1",
        data="mnist5k",
        data_fingerprint="2",
        channels=1,
        resolution=28,
        classes=10,
        metric="fid",
        protocol={"name": "classifier-1k"},
        images=100,
        rungs=(100,),
        seed=0,
        precision="float32",
    )
    return create_or_continue(open_storage(storage, create=True), "study", definition)


def test_a_space_that_is_edited_after_it_was_read_is_stored_as_it_was(tmp_path: Path) -> None:
    """Minutes may go by between the two, while a classifier is trained."""
    file, storage = tmp_path / "own.toml", str(tmp_path / "studies.db")
    file.write_text(SPACE.format(widths="[8, 16]"))
    space = load_space(str(file))
    file.write_text(SPACE.format(widths="[32, 64]"))
    study = _begin(storage, "own")
    store_settings(study, SearchSettings(study="study", space=str(file), storage=storage), space)
    file.unlink()
    assert load_settings(study, storage)[1].fingerprint == space.fingerprint
