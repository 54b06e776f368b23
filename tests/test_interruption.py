"""Signals to this very process: none is lost, and none cuts in two what is undivided."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from nas_gan.interruption import SIGNALS, PatientSignals, StopRequest


@pytest.fixture(autouse=True)
def nothing_is_ignored(signal_handlers: None) -> None:
    """What the tests inherited from `nohup` would be switched off in them, too; it is put back after each test."""
    for number in SIGNALS:
        signal.signal(number, signal.default_int_handler)


def _send(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)


def _interrupted(attempt: Callable[[], None]) -> bool:
    try:
        attempt()
    except KeyboardInterrupt:
        return True
    return False


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_that_was_swallowed_is_remembered(number: signal.Signals) -> None:
    stop = StopRequest(once=False)
    assert not stop.has_come
    assert _interrupted(lambda: _send(number))
    assert stop.has_come


def test_signals_at_once_are_one_request_and_a_later_one_is_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nas_gan.interruption.MOMENT_SECONDS", 3600.0)
    StopRequest(once=False)
    assert _interrupted(lambda: _send(signal.SIGTERM))
    assert not any(_interrupted(lambda number=number: _send(number)) for number in SIGNALS)  # type: ignore[misc]
    monkeypatch.setattr("nas_gan.interruption.MOMENT_SECONDS", 0.0)
    assert all(_interrupted(lambda number=number: _send(number)) for number in SIGNALS)  # type: ignore[misc]
    # A later one, too, may be sent twice.
    monkeypatch.setattr("nas_gan.interruption.MOMENT_SECONDS", 3600.0)
    assert not _interrupted(lambda: _send(signal.SIGTERM))


def test_two_signals_that_waited_are_one_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nas_gan.interruption.MOMENT_SECONDS", 0.0)
    StopRequest(once=False)

    def work(signals: PatientSignals, *numbers: signal.Signals) -> None:
        with signals.undivided():
            for number in numbers:
                _send(number)

    with PatientSignals() as signals:
        assert _interrupted(lambda: work(signals, signal.SIGTERM, signal.SIGINT))
        assert not _interrupted(lambda: work(signals))


def test_once_is_once_for_all_of_them() -> None:
    stop = StopRequest(once=True)
    assert _interrupted(lambda: _send(signal.SIGTERM))
    assert not any(_interrupted(lambda number=number: _send(number)) for number in SIGNALS)  # type: ignore[misc]
    assert stop.has_come


def test_what_was_switched_off_stays_off() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    stop = StopRequest(once=False)
    assert not _interrupted(lambda: _send(signal.SIGHUP))
    assert not stop.has_come


def test_a_signal_waits_for_what_is_undivided() -> None:
    stop, steps = StopRequest(once=True), []

    def work() -> None:
        with PatientSignals() as signals:
            with signals.undivided():
                _send(signal.SIGTERM)
                steps.append(stop.has_come)
            steps.append(True)

    assert _interrupted(work)
    assert (steps, stop.has_come) == ([False], True)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN


def test_one_patience_within_another_hands_on_what_comes() -> None:
    stop, steps = StopRequest(once=False), []

    def work() -> None:
        with PatientSignals() as outer, outer.undivided():
            with PatientSignals() as inner, inner.undivided():
                _send(signal.SIGINT)
            steps.append(stop.has_come)

    assert _interrupted(work)
    assert (steps, stop.has_come) == ([False], True)
