"""The page in a real Chromium, where REQUIRE_CHROMIUM says that there is one; nothing here is skipped then."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

import nas_gan

CHROMIUM = os.environ.get("REQUIRE_CHROMIUM", "")


@pytest.mark.skipif(not CHROMIUM, reason="REQUIRE_CHROMIUM names no browser")
def test_the_page_works_in_a_browser(database: Path, tmp_path: Path) -> None:
    script = Path(__file__).parents[2] / "scripts/check_page.py"
    spec = importlib.util.spec_from_file_location("check_page", script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    page = nas_gan.load_study("digits", storage=str(database)).report(tmp_path / "page.html")
    assert list(module.check(page, CHROMIUM)) == []
