"""Each line of the page on the API runs, in its order, on less data and with smaller budgets."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import nas_gan

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
SMALL = 'nas_gan.Data("mnist5k", resolution=16, limit=320)'
SMALLER = {
    'space="resdense", data="mnist5k", trials=20, out="runs"': (
        f'space="tiny", data={SMALL}, trials=2, out="runs", images=270, protocol="classifier-1k"'
    ),
    "study.trial(7).samples(after=6_000)": "study.trial(0).samples(after=30)",
    'data="mnist5k", images=300_000': f'data={SMALL}, images=64, scorings=1, protocol="classifier-1k"',
    'protocol="classifier-5k"': 'protocol="classifier-1k"',
}


def test_every_line_runs(
    study: nas_gan.Study, place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(place)  # where the search that the page begins with has been carried out
    code = "\n".join(re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL))
    for shown, smaller in SMALLER.items():
        assert code.count(shown) == 1
        code = code.replace(shown, smaller)
    names: dict[str, object] = {}
    exec(compile(code, str(PAGE), "exec"), names)
    assert (place / "page.html").is_file()
    assert (place / "bundle" / "model.py").is_file()
    assert isinstance(names["study"], nas_gan.Study)
    assert [trial.to_dict() for trial in names["study"].trials] == [trial.to_dict() for trial in study.trials]
    said = capsys.readouterr().out
    assert f"print(error)  # {said.splitlines()[-1]}" in code
