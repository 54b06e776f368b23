"""A bundle for the Hub: metadata that the Hub's own reader takes, and files that a server is sent."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import ModelCard, constants

from nas_gan.errors import InputError
from nas_gan.export.hub import HubFacts, hub_readme, push_bundle

FACTS = HubFacts(
    name="trial 7 of study digits",
    data="mnist5k",
    licence="cc-by-sa-3.0",
    scores=(("fid", "Fréchet distance", 12.5), ("is", "Inception Score", 9.25)),
    protocol="classifier-5k",
    fingerprint="0123456789ab",
    sample_count=5_000,
    translates=False,
)


def test_the_hub_reads_its_metadata() -> None:
    card = ModelCard(hub_readme(FACTS, "# Generator\n\nText.\n"))
    assert card.text.strip() == "# Generator\n\nText."
    data: Any = card.data
    assert (data.library_name, data.pipeline_tag) == ("pytorch", "unconditional-image-generation")
    assert (data.license, data.datasets) == ("cc-by-sa-3.0", ["ylecun/mnist"])
    told = {(one.metric_type, one.metric_value): one for one in data.eval_results or []}
    assert told.keys() == {("fid", 12.5), ("is", 9.25)}
    fid = told["fid", 12.5]
    assert fid.metric_name == "Fréchet distance, protocol classifier-5k"
    assert fid.metric_args == {
        "protocol": "classifier-5k",
        "protocol_fingerprint": "0123456789ab",
        "generated_images": 5_000,
    }


def test_a_translation_is_listed_as_one() -> None:
    data: Any = ModelCard(hub_readme(replace(FACTS, translates=True), "card")).data
    assert data.pipeline_tag == "image-to-image"
    assert {one.task_type for one in data.eval_results or []} == {"image-to-image"}


def test_names_of_others_stay_text_and_folders_are_not_told() -> None:
    hostile = 'a\n---\nlicense: mine\x1b[31m<img onerror="x">: [1'
    facts = HubFacts(
        hostile, f"/home/me/{hostile.strip()}", "other", FACTS.scores, hostile, "0", 1, translates=False
    )
    text = hub_readme(facts, "card")
    assert "/home" not in text
    assert "\x1b" not in text
    card = ModelCard(text)
    data: Any = card.data
    assert data.license == "other"
    assert data.datasets is None
    assert card.text.strip() == "card"


class Hub(BaseHTTPRequestHandler):
    """As much of the Hub's interface as sending small files takes."""

    files: dict[str, bytes]
    refuses = False

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        if self.refuses:
            self._answer(401, {"error": "Invalid user token"})
        elif self.path == "/api/repos/create":
            assert json.loads(sent)["name"] == "digits"
            self._answer(200, {"url": f"http://{self.headers['Host']}/me/digits"})
        elif self.path == "/api/validate-yaml":
            self._answer(200, {"errors": [], "warnings": []})
        elif self.path.startswith("/api/models/me/digits/preupload/"):
            names = [file["path"] for file in json.loads(sent)["files"]]
            kinds = [{"path": name, "uploadMode": "regular", "shouldIgnore": False} for name in names]
            self._answer(200, {"files": kinds})
        else:
            for line in map(json.loads, sent.splitlines()):
                if line["key"] == "file":
                    self.files[line["value"]["path"]] = base64.b64decode(line["value"]["content"])
            self._answer(
                200,
                {
                    "commitUrl": f"http://{self.headers['Host']}/me/digits/commit/{'1' * 40}",
                    "commitOid": "1" * 40,
                },
            )

    def do_GET(self) -> None:
        self._answer(404, {"error": "not found"})

    def _answer(self, code: int, value: dict[str, Any]) -> None:
        body = json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Hub]]:
    class Own(Hub):
        files: dict[str, bytes] = {}  # noqa: RUF012 - a class a test

    server = HTTPServer(("127.0.0.1", 0), Own)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("HF_TOKEN", "hf_none")
    yield Own
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_bundle_is_sent(hub: type[Hub], tmp_path: Path) -> None:
    contents = {"README.md": hub_readme(FACTS, "card\n").encode(), "model.py": b"pass\n", "weights": bytes(9)}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "card.md").write_text("card")
    assert push_bundle(tmp_path, "me/digits", private=False).endswith("/me/digits")
    assert hub.files == contents


def test_what_can_not_be_sent_is_told(hub: type[Hub], tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no README\.md; make it with: python -m nas_gan export --hub"):
        push_bundle(tmp_path, "me/digits", private=False)
    (tmp_path / "README.md").write_text("card")
    with pytest.raises(InputError, match=r"repo a b: .* give USER/NAME"):
        push_bundle(tmp_path, "a b", private=False)
    hub.refuses = True
    with pytest.raises(
        InputError, match=r"repo me/digits: the Hub refuses .401.; log in with `hf auth login`"
    ):
        push_bundle(tmp_path, "me/digits", private=False)
    assert hub.files == {}
