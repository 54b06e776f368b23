"""A bundle on the Hugging Face Hub: its README with the Hub's metadata, and the way there."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import final

from nas_gan.errors import InputError, one_line, printable

README_FILE = "README.md"
GENERATION, TRANSLATION = "unconditional-image-generation", "image-to-image"
"""What the Hub calls the two tasks."""
DATASETS = {
    "mnist5k": "ylecun/mnist",
    "mnist": "ylecun/mnist",
    "fashion-mnist": "zalando-datasets/fashion_mnist",
    "cifar10": "uoft-cs/cifar10",
    "celeba": "flwrlabs/celeba",
    "celeba-wide": "flwrlabs/celeba",
}
"""What the Hub calls the data that have a name here."""


@final
@dataclass(frozen=True)
class HubFacts:
    """What the Hub wants to know beside the card. `data`: a name, or a path, of which the last part is told.

    `scores`: what each is called as an option and in words, and its value. `protocol`: how they were made.
    `translates`: whether images are made of others, and not of noise.
    """

    name: str
    data: str
    licence: str
    scores: tuple[tuple[str, str, float], ...]
    protocol: str
    fingerprint: str
    sample_count: int
    translates: bool


def check_hub_is_installed() -> None:
    """Raise InputError without the package that knows the Hub."""
    if find_spec("huggingface_hub") is None:
        raise InputError('needs huggingface_hub; pip install -e ".[hub]"', setting="hub")


def hub_readme(facts: HubFacts, card: str) -> str:
    """Write the README of a repository: metadata, with the scores as a model index, and the card below."""
    from huggingface_hub import EvalResult, ModelCardData

    data = printable(facts.data)
    shown = DATASETS.get(data) or Path(data).name
    task = TRANSLATION if facts.translates else GENERATION
    results = [
        EvalResult(
            task_type=task,
            dataset_type=shown,
            dataset_name=Path(data).name,
            metric_type=kind,
            metric_name=f"{title}, protocol {facts.protocol}",
            metric_value=value,
            metric_args={
                "protocol": facts.protocol,
                "protocol_fingerprint": facts.fingerprint,
                "generated_images": facts.sample_count,
            },
        )
        for kind, title, value in facts.scores
    ]
    metadata = ModelCardData(
        library_name="pytorch",
        pipeline_tag=task,
        tags=["gan", "nas_gan", "neural-architecture-search"],
        datasets=[DATASETS[data]] if data in DATASETS else None,
        license=facts.licence,
        model_name=printable(facts.name),
        eval_results=results,
    )
    return f"---\n{metadata.to_yaml()}\n---\n\n{card}"


def push_bundle(folder: Path, repo: str, *, private: bool) -> str:
    """Send a bundle's files to a repository of models, which is made if it isn't there; return its address.

    Raises InputError for a folder that isn't a bundle for the Hub, for a name that is none, and where nobody is
    logged in; OSError where the Hub can't be reached or refuses.
    """
    check_hub_is_installed()
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    if not (folder / README_FILE).is_file():
        raise InputError(f"{folder}: has no {README_FILE}; make it with: python -m nas_gan export --hub")
    api = HfApi()
    try:
        address = api.create_repo(repo, private=private, exist_ok=True)
        api.upload_folder(
            repo_id=repo, folder_path=folder, commit_message="Add the generator", ignore_patterns="card.md"
        )
    except HFValidationError as error:
        raise InputError(f"{repo}: {one_line(error)}; give USER/NAME", setting="repo") from None
    except HfHubHTTPError as error:
        status = error.response.status_code if error.response is not None else 0
        if status in (401, 403):
            remedy = "log in with `hf auth login`, or set HF_TOKEN to a token that may write there"
            raise InputError(f"{repo}: the Hub refuses ({status}); {remedy}", setting="repo") from None
        raise OSError(f"{repo}: {one_line(error)}") from None
    return str(address)
