"""The 2015 Inception network, which the field's scores are made with, through torch-fidelity's port of it.

Szegedy et al., "Rethinking the Inception Architecture for Computer Vision" (2015), with the weights that
TensorFlow published on 5 December 2015. Other weights, torchvision's among them, give scores that compare
with nobody's.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import ClassVar, final

import torch
from torch import Tensor, nn

from nas_gan.errors import InputError
from nas_gan.metrics.extractor import Features

WEIGHTS_NAME = "weights-inception-2015-12-05-6726825d.pth"
WEIGHTS_URL = f"https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/{WEIGHTS_NAME}"
WEIGHTS_SHA256 = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"

IMAGES_AT_ONCE = 64
"""Largest batch: every image becomes 299×299, and 64 of them take about 1 GB on the way through."""


@final
@dataclass(frozen=True, eq=False)
class InceptionExtractor:
    """The network in evaluation mode, on the device that extracts."""

    name: ClassVar[str] = "inception"
    preprocessing: ClassVar[str] = "grey to RGB, TensorFlow 1 bilinear to 299×299, (uint8 - 128) / 128"
    feature_dimensions: ClassVar[int] = 2048

    network: nn.Module
    """torch-fidelity's: uint8 [n, 3, h, w] to the pooled features and the logits without their bias."""
    hash: str

    @torch.inference_mode()
    def extract(self, images: Tensor) -> Features:
        """Return features [n, 2048], pooled, and logits [n, 1008], without bias, of uint8 [n, 1 or 3, h, w]."""
        device = next(self.network.parameters()).device
        chunks = [
            self.network(c.to(device).expand(-1, 3, -1, -1)) for c in torch.split(images, IMAGES_AT_ONCE)
        ]
        return Features(torch.cat([c[0] for c in chunks]), torch.cat([c[1] for c in chunks]))


def find_inception_weights(
    given: Path | None, cache: Path, download: bool, announce: Callable[[str], None]
) -> Path:
    """Return the file `given`, or the one kept in `cache`, downloaded if need be and `download` is set.

    The content is not looked at here. InputError when there is no file, with where to get one.
    """
    path = given or cache / WEIGHTS_NAME
    if path.is_file():
        return path
    if given is not None:
        raise InputError(f"{given}: no such file; give the Inception weights, to be had at {WEIGHTS_URL}")
    if not download:
        raise InputError(
            f"{path}: the Inception weights are not there; give their file as `inception_weights`, or allow "
            f"`download` (96 MB from {WEIGHTS_URL})"
        )
    announce(f"downloading the Inception weights, once, 96 MB, to {path}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(WEIGHTS_URL, str(path), hash_prefix=WEIGHTS_SHA256, progress=False)
    except (OSError, RuntimeError) as error:
        raise InputError(
            f"{WEIGHTS_URL}: download failed ({error}); fetch it by hand and place it at {path}"
        ) from error
    return path


def load_inception(
    weights: Path, device: torch.device, expected_sha256: str = WEIGHTS_SHA256
) -> InceptionExtractor:
    """Return the network with weights from a file. InputError when it isn't what `expected_sha256` stands for.

    torch-fidelity unpickles what it is given without limits. So the file is read here, with weights only, and
    torch-fidelity is handed bytes that were written here.
    """
    try:
        content = weights.read_bytes()
    except OSError as error:
        raise InputError(f"{weights}: can't be read ({error.strerror})") from error
    found = hashlib.sha256(content).hexdigest()
    if found != expected_sha256:
        raise InputError(
            f"{weights}: not the 2015 Inception weights: expected SHA-256 {expected_sha256}, found {found}; "
            f"they are at {WEIGHTS_URL}"
        )
    return InceptionExtractor(_build_network(_rewrite(weights, content)).to(device), found)


def _rewrite(weights: Path, content: bytes) -> io.BytesIO:
    try:
        state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except (UnpicklingError, RuntimeError, EOFError) as error:
        raise InputError(f"{weights}: not a file of weights alone; they are at {WEIGHTS_URL}") from error
    rewritten = io.BytesIO()
    torch.save(state, rewritten)
    rewritten.seek(0)
    return rewritten


def _build_network(state: io.BytesIO) -> nn.Module:
    try:
        from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
    except ImportError as error:
        raise InputError(
            "inception protocols need the package torch-fidelity: pip install -e '.[inception]'"
        ) from error
    network: nn.Module = FeatureExtractorInceptionV3(
        InceptionExtractor.name, ["2048", "logits_unbiased"], feature_extractor_weights_path=state
    )
    return network
