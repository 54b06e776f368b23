"""The page of a study, its table, and its trials, from written records alone."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
import threading
import urllib.error
import urllib.request
import zlib
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import optuna
import pytest
from markupsafe import escape
from PIL import Image

import nas_gan
from nas_gan.api.watch import open_server
from nas_gan.report.latex import escape_latex, markdown_table
from nas_gan.report.study.charts import study_charts
from nas_gan.report.study.facts import rung_facts, train_command
from nas_gan.search.views import read_view
from nas_gan.space import load_space
from nas_gan.spec import Image as Image_

EVIL = "<img src=x onerror=alert(1)>\x1b[31m\n../../x"


def _study(path: Path, name: str = "digits") -> nas_gan.Study:
    return nas_gan.load_study(name, storage=str(path))


def _bodies(page: str) -> dict[str, str]:
    packed = page.partition('id="packed">')[2].partition("<")[0]
    bodies: dict[str, str] = json.loads(zlib.decompress(base64.b64decode(packed)))
    return bodies


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}


@pytest.fixture(scope="module")
def page(database: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of `digits`, whose trial 0 has samples of two rungs."""
    runs = tmp_path_factory.mktemp("runs")
    (runs / "digits" / "0").mkdir(parents=True)
    for images in (1000, 3000):
        Image.new("L", (5, 3), 200).save(runs / "digits" / "0" / f"samples-{images}.png")
    study = nas_gan.load_study("digits", storage=str(database), runs=str(runs))
    return study.report(runs / "page.html").read_text(encoding="utf-8")


def test_the_table_has_every_trial_with_its_state_and_rungs(page: str, database: Path) -> None:
    rows = re.findall(r'<tr data-number="(\d+)" data-state="(\w+)">', page)
    trials = _study(database).trials
    assert [(int(number), state) for number, state in rows] == [(one.number, one.state) for one in trials]
    assert "FID @ 1k" in page
    assert "FID @ 9k" in page


def test_each_trial_has_its_drawings_holes_rungs_and_command(page: str, database: Path) -> None:
    bodies = _bodies(page)
    for trial in _study(database).trials:
        body = bodies[str(trial.number)]
        assert body.count('<svg xmlns="http://www.w3.org/2000/svg" class="net"') == 2
        assert set(re.findall(r'data-hole="([^"]+)"', body)) == set(trial.parameters)
        assert f"train digits:{trial.number} --images 9000" in body
        assert escape(trial.reason) in body


def test_a_page_does_not_tell_the_password_of_a_database(database: Path) -> None:
    view = read_view(_study(database).optuna, with_importance=False)
    command = train_command(view, view.trials[0], "postgresql://ann:secret@server/studies")
    assert "secret" not in command
    assert "--storage 'postgresql://ann:***@server/studies' -o again" in command
    assert train_command(view, view.trials[0], "runs/studies.db").endswith("--images 9000 -o again")


def test_samples_of_every_rung_are_in_the_page(page: str) -> None:
    text = page.partition('id="pictures">')[2].partition("</script>")[0]
    sheets = json.loads(text)
    assert [images for images, _ in sheets["0"]] == [1000, 3000]
    assert sheets["0"][0][1].startswith("data:image/png;base64,")
    assert set(sheets) == {"0"}


def test_the_page_loads_nothing_and_is_small(page: str) -> None:
    assert len(page.encode()) < 2_000_000
    body = page.partition("</script>")[2]  # behind plotly.js, which names addresses that it doesn't call
    assert not re.findall(r'(?:src|href)="https?:', body)
    assert "connect-src 'self'" in page


def test_hostile_names_stay_text(tmp_path: Path, make_study: Any, run_command: Any) -> None:
    database = tmp_path / "studies.db"
    study: optuna.Study = make_study(database, "digits", trials=3)
    trial = study.ask()
    load_space("tiny").fill(trial, Image_(channels=1, resolution=28, classes=10))
    for key in ("reason", "start"):
        trial.set_user_attr(key, EVIL)
    trial.report(1.0, 1000)
    page = _study(database).report(tmp_path / "page.html").read_text(encoding="utf-8")
    for html in (page.partition("<main")[2], *_bodies(page).values()):
        seen = _Tags()
        seen.feed(html)
        assert "img" not in seen.tags
        assert not {name for name in seen.attributes if name.startswith("on")}
    of_all = [("trials", "digits", *more) for more in ((), ("--markdown",), ("--latex",))]
    for command in (*of_all, ("show", "digits:3")):
        said = run_command(*command, "--storage", str(database))
        assert said.code == 0
        assert "\x1b" not in said.out
    assert "<img" not in run_command("trials", "digits", "--markdown", "--storage", str(database)).out


def test_a_study_without_trials_has_a_page(database: Path, tmp_path: Path) -> None:
    page = _study(database, "young").report(tmp_path / "page.html").read_text(encoding="utf-8")
    assert "No trial has been trained to its end yet." in page


def test_two_studies_are_compared_and_refused_where_protocols_differ(
    tmp_path: Path, make_study: Any, run_command: Any
) -> None:
    database = tmp_path / "studies.db"
    for name, changes in (
        ("one", {}),
        ("two", {}),
        ("other", {"protocol": {"name": "inception-50k", "seed": 1}, "fingerprint": "q"}),
    ):
        make_study(database, name, trials=4, **changes)
    page = tmp_path / "both.html"
    ended = run_command("report", "one", "two", "--storage", str(database), "-o", str(page))
    assert ended.code == 0, ended.err
    text = page.read_text(encoding="utf-8")
    assert text.count('class="net"') == 4
    assert "hours since the first trial began" in text
    refused = run_command("report", "one", "other", "--storage", str(database), "-o", str(page))
    assert refused.code == 2
    assert "their protocol differs (classifier-1k" in refused.err


def test_trials_are_taken_away_as_tables(database: Path, run_command: Any, tmp_path: Path) -> None:
    where = ("digits", "--storage", str(database))
    rows = list(csv.DictReader(io.StringIO(run_command("trials", *where, "--csv").out)))
    trials = _study(database).trials
    assert [int(row["trial"]) for row in rows] == [trial.number for trial in trials]
    hole = "optimisers.generator.learning_rate"
    assert [float(row[hole]) for row in rows] == [trial.parameters[hole] for trial in trials]
    facts = json.loads(run_command("trials", *where, "--json").out)
    assert facts["trials"][0]["fid@1000"] == float(rows[0]["fid@1000"])
    out = tmp_path / "trials.tex"
    assert run_command("trials", *where, "--latex", "-o", str(out)).code == 0
    latex = out.read_text()
    assert latex.count(r" \\") == len(trials) + 1
    assert r"\toprule" in latex
    assert run_command("trials", *where, "--csv", "--latex").code == 2
    best = run_command("best", *where, "--latex", "-n", "2").out
    assert best.count(r" \\") == 3


def test_a_trial_is_shown_among_its_peers(database: Path, run_command: Any) -> None:
    where = ("--storage", str(database))
    view = read_view(_study(database).optuna, with_importance=False)
    facts = json.loads(run_command("show", "digits:best", *where, "--json").out)
    assert facts["trial"] == view.best.number if view.best else None
    assert facts["place"] == 1
    first = facts["rungs"][0]
    assert (first["images"], first["of"]) == (1000, len(view.reached(1000)))
    number, count = view.trials[5].relative or (0, 0)
    assert count == sum(
        view.trials[5].parameters.get(name) != view.trial(number).parameters.get(name)
        for name in {*view.trials[5].parameters, *view.trial(number).parameters}
    )
    said = run_command("show", "digits:5", *where)
    assert "generator: latent" in said.out
    for wrong in ("digits", "digits:99", "digits:x"):
        assert run_command("show", wrong, *where).code == 2


def test_an_interrupted_trial_is_on_its_way_in_table_and_chart_alike(database: Path) -> None:
    study = read_view(_study(database).optuna, with_importance=False)
    stopped = next(view for view in study.trials if list(view.values) == [1000])
    stopped = replace(stopped, trial=replace(stopped.trial, state="interrupted"))
    others = tuple(view for view in study.trials if view.number != stopped.number)
    study = replace(study, trials=(*others, stopped))
    assert rung_facts(study, stopped)[0].went_on
    (chart,) = (one for one in study_charts(study) if one.key == "rungs")
    (at_work,) = (trace for trace in chart.drawings[0].data if trace["name"] == "at work")
    assert at_work["text"] == [f"trial {stopped.number}"]


@pytest.mark.parametrize("form", ["svg", "pdf"])
def test_figures_are_written_for_a_paper(form: str, database: Path, run_command: Any, tmp_path: Path) -> None:
    ended = run_command(
        *[
            "plot",
            "digits",
            "--storage",
            str(database),
            "--figures",
            str(tmp_path),
            "--format",
            form,
            "--json",
        ]
    )
    assert ended.code == 0, ended.err
    files = json.loads(ended.out)["files"]
    begin = b"<?xml" if form == "svg" else b"%PDF"
    assert {Path(file).stem for file in files} >= {"history-0", "rungs", "importance", "front-0", "timeline"}
    assert all(Path(file).read_bytes().startswith(begin) for file in files)


@pytest.fixture
def address(database: Path) -> Iterator[str]:
    """Where the page of `digits` is served."""
    with open_server(_study(database), 0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def test_the_page_is_served_to_this_machine_alone(address: str) -> None:
    page = urllib.request.urlopen(f"{address}/").read().decode()
    assert 'data-live="5"' in page
    version = urllib.request.urlopen(f"{address}/version").read().decode()
    assert f'data-version="{version}"' in page
    assert "plotly.js (basic" in urllib.request.urlopen(f"{address}/plotly.js").read(500).decode()
    called = urllib.request.Request(f"{address}/", headers={"Host": "evil.example"})
    for url in (called, f"{address}/samples/0/../../studies.db", f"{address}/samples/0/17.png"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(url)
        assert refused.value.code in (403, 404)
        refused.value.close()


def test_a_port_that_is_taken_is_bad_input(address: str, database: Path) -> None:
    with pytest.raises(nas_gan.InputError, match="can't be served on"):
        open_server(_study(database), int(address.rpartition(":")[2]))


def test_texts_are_escaped_for_latex_and_markdown() -> None:
    assert escape_latex("a_b & 50% \\x{}") == r"a\_b \& 50\% \textbackslash{}x\{\}"
    assert escape_latex("50.00 ± 1.41 (2) ≈") == r"50.00 $\pm$ 1.41 (2) $\approx$"
    assert markdown_table(["a"], [["x|y<b>"]], []) == "| a |\n| --- |\n| x\\|y&lt;b> |\n"
