"""The files of gold models: those that the package ships, or those of a folder."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from spark_jobs.errors import ModelError, ModelsError
from spark_jobs.gold.models.header import parse_model

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable

    from spark_jobs.gold.models.definition import Model


def model_texts(folder: Traversable | None = None) -> dict[str, str]:
    """Return the model files of a folder, or of this package, by name."""
    files = (folder or resources.files("spark_jobs.gold")).iterdir()
    texts = {file.name.removesuffix(".sql"): file for file in files if file.name.endswith(".sql")}
    return {name: file.read_text(encoding="utf-8") for name, file in sorted(texts.items())}


def read_models() -> list[Model]:
    """Return the models that the package ships, by name; raises `ModelsError` where some cannot be read."""
    models, faults = parse_models(model_texts())
    if faults:
        raise ModelsError(faults)
    return models


def parse_models(texts: Mapping[str, str]) -> tuple[list[Model], list[ModelError]]:
    """Parse model files by name; returns the models, and what is wrong with those that are none."""
    models: list[Model] = []
    faults: list[ModelError] = []
    for name, text in texts.items():
        try:
            models.append(parse_model(name, text))
        except ModelError as error:
            faults.append(error)
    return models, faults
