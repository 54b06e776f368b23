"""Addresses: a path, a URL, and one whose password nobody is to see."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas_gan.errors import InputError
from nas_gan.store.address import (
    check_address,
    is_postgres,
    masked_url,
    storage_url,
    without_secrets,
)

PLAIN = st.text("abcdefghij0123456789", min_size=1, max_size=8)
# Without the digits and small letters of the rest, so that what is found of it can only be the password.
SECRET = st.text("ABCXYZ:/?&%+= $é", min_size=2, max_size=12).filter(lambda text: text.strip(" ") == text)


@pytest.mark.parametrize(
    ("storage", "url"),
    [
        ("runs/studies.db", "sqlite:///runs/studies.db"),
        ("/runs/studies.db", "sqlite:////runs/studies.db"),
        ("sqlite:///runs/studies.db", "sqlite:///runs/studies.db"),
        ("postgresql://host/db", "postgresql+psycopg://host/db"),
        ("postgres://host/db", "postgresql+psycopg://host/db"),
        ("postgresql+psycopg://host/db", "postgresql+psycopg://host/db"),
        ("mysql+pymysql://host/db", "mysql+pymysql://host/db"),
    ],
)
def test_what_is_given_as_storage(storage: str, url: str) -> None:
    assert storage_url(storage) == url
    assert is_postgres(url) == ("postgres" in storage)


@given(PLAIN, SECRET, PLAIN, PLAIN)
@settings(deadline=None, max_examples=100)
def test_a_password_is_masked_and_the_rest_is_shown(user: str, secret: str, host: str, name: str) -> None:
    shown = masked_url(f"postgresql://{user}:{secret}@{host}:5432/{name}")
    assert shown == f"postgresql://{user}:***@{host}:5432/{name}"
    shown = masked_url(f"postgresql:///{name}?password={secret.replace('&', '')}x&user={user}")
    assert shown == f"postgresql:///{name}?password=***&user={user}"


@given(SECRET.filter(lambda secret: "*" not in secret), PLAIN)
@settings(deadline=None, max_examples=50)
def test_a_message_loses_the_password(secret: str, host: str) -> None:
    said = without_secrets(f"bad <{secret}>\nand so on", f"postgresql://me:{secret}@{host}/db")
    assert said == "bad <***> and so on"


def test_a_path_is_no_secret() -> None:
    for path in ("runs/me:you@home.db", "/a/b.db"):
        assert masked_url(path) == path
        assert without_secrets(path, path) == path


def test_an_address_without_a_password_stays() -> None:
    for url in ("postgresql://me@host/db", "postgresql:///?service=search", "sqlite:////runs/studies.db"):
        assert masked_url(url) == url


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://me:se@cret@host/db", "%40"),
        ("sqlite://", "not a file"),
        ("sqlite:///:memory:", "not a file"),
    ],
)
def test_what_would_be_misunderstood_is_refused(url: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        check_address(url)
    assert "cret" not in str(caught.value)
