"""Names of studies, which become folders, and words of commands."""

from __future__ import annotations

import pytest

from nas_gan.errors import InputError
from nas_gan.search.storage.names import check_name


@pytest.mark.parametrize("name", ["digits", "a b", "ünï cöde", "studies.db", "n" * 200, "a.b-c_d", "数字"])
def test_what_a_folder_can_be_called_is_a_name(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize(
    "name", ["", " ", ".hidden", "-dash", "a/b", "a\\b", "a:3", "two\nlines", "\x00", "n" * 201, "ü" * 101]
)
def test_what_would_be_another_folder_or_an_option_is_none(name: str) -> None:
    with pytest.raises(InputError, match=r"^study ") as caught:
        check_name(name, "study")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["artifacts", "orphaned", "reproductions"])
def test_folders_of_its_own_arent_studies(name: str) -> None:
    with pytest.raises(InputError, match="a folder of nas_gan's own"):
        check_name(name)
