"""The one thing of Optuna's that has no public name: which database a study object reads.

Whoever has a study is to find its jobs, which lie in the same database. No other file reads a name of Optuna's that
begins with an underscore.
"""

from __future__ import annotations

import optuna
from optuna.storages import RDBStorage
from sqlalchemy import Engine


def engine_of(study: optuna.Study) -> Engine | None:
    """Return the database of a study; None for one that is in memory alone."""
    storage = study._storage
    storage = getattr(storage, "_backend", storage)  # Optuna caches what it reads of a database
    return storage.engine if isinstance(storage, RDBStorage) else None
