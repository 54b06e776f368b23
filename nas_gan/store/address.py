"""Addresses of study databases: what a user gives for one, and how it may be shown."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

from nas_gan.errors import InputError

DEFAULT_STORAGE = "runs/studies.db"
SQLITE_PREFIX = "sqlite:///"
POSTGRES_DRIVER = "postgresql+psycopg"
MASK = "***"

_SECRET_SETTING = re.compile(r"((?:ssl)?password=)[^&]*", re.IGNORECASE)


def storage_url(storage: str) -> str:
    """Return a path as a SQLite URL, a PostgreSQL URL with our driver, any other URL as it is."""
    scheme, separator, rest = storage.partition("://")
    if not separator:
        return f"{SQLITE_PREFIX}{storage}"
    if scheme in ("postgres", "postgresql"):
        return f"{POSTGRES_DRIVER}://{rest}"
    return storage


def is_postgres(url: str) -> bool:
    """Say whether a URL is of a PostgreSQL server, whatever the driver."""
    return url.partition("://")[0].partition("+")[0] in ("postgres", "postgresql")


def database_folder(storage: str) -> Path | None:
    """Return the folder that a SQLite file is in; None for a server."""
    url = storage_url(storage)
    return Path(url.removeprefix(SQLITE_PREFIX)).parent if url.startswith(SQLITE_PREFIX) else None


def masked_url(storage: str) -> str:
    """Return an address that may be printed and stored: a password in it is replaced by stars; a path as it is."""
    scheme, separator, rest = storage.partition("://")
    if not separator:
        return storage
    # A password may hold any sign, unescaped too; up to the last @ is more hidden rather than less.
    credentials, at, place = rest.rpartition("@")
    user, colon, _ = credentials.partition(":")
    shown = f"{user}{colon}{MASK if colon else ''}{at}{place}"
    return _SECRET_SETTING.sub(rf"\g<1>{MASK}", f"{scheme}{separator}{shown}")


def without_password(storage: str) -> str:
    """Return a server's address, masked or not, without password: whoever opens it has that from the environment."""
    base, _, settings = masked_url(storage).replace(f":{MASK}@", "@").partition("?")
    kept = [
        setting for setting in settings.split("&") if setting and not setting.endswith(f"password={MASK}")
    ]
    return f"{base}?{'&'.join(kept)}" if kept else base


def without_secrets(text: str, storage: str) -> str:
    """Return another program's message about an address, on one line, without what the mask hides."""
    _, separator, rest = storage.partition("://")
    if separator:
        secrets = [found[1] for found in re.finditer(r"(?i)password=([^&]+)", rest)]
        secrets.append(rest.rpartition("@")[0].partition(":")[2])
        for secret in {*secrets, *map(unquote, secrets)} - {""}:
            text = text.replace(secret, MASK)
    return " ".join(text.split())


def check_address(url: str) -> None:
    """Raise InputError for what would be understood as something else than was meant."""
    _, _, rest = url.partition("://")
    if "@" in rest.rpartition("@")[0].partition(":")[2]:
        raise InputError(
            f"{masked_url(url)}: an @ within a password or a setting is written %40", setting="storage"
        )
    if url.startswith("sqlite") and set(rest) & set("?%"):
        raise InputError(
            f"{rest.removeprefix('/')}: a path with ? or % can't be opened; give another", setting="storage"
        )
    if url.startswith("sqlite") and (not url.startswith(SQLITE_PREFIX) or url.endswith(":memory:")):
        raise InputError(
            f"{url}: not a file, which other processes could open; give {SQLITE_PREFIX}FILE",
            setting="storage",
        )
