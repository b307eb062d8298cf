"""Calls in order on a thread of their own."""

import threading

import pytest

from uploadm8.core.video.inorder import InOrder


def test_calls_run_in_order_on_one_other_thread() -> None:
    done: list[tuple[int, int]] = []
    calls = InOrder("test")
    for number in range(20):
        calls.put(lambda n: done.append((n, threading.get_ident())), number)
    calls.wait()
    calls.end()
    assert [number for number, _ in done] == list(range(20))
    threads = {thread for _, thread in done}
    assert len(threads) == 1
    assert threading.get_ident() not in threads


def test_waiting_leaves_as_many_as_are_allowed() -> None:
    gate, done = threading.Event(), list[int]()
    calls = InOrder("test")

    def second() -> None:
        gate.wait(10)
        done.append(2)

    calls.put(done.append, 1)
    calls.put(second)
    calls.wait(left=1)
    assert done == [1]
    gate.set()
    calls.wait()
    calls.end()
    assert done == [1, 2]


def test_what_a_call_raises_is_raised_to_who_waits() -> None:
    def fails() -> None:
        raise OSError("disk full")

    calls = InOrder("test")
    calls.put(fails)
    with pytest.raises(OSError, match="disk full"):
        calls.wait()
    calls.end()


def test_the_end_drops_what_has_not_begun() -> None:
    begun, done = threading.Event(), list[int]()
    calls = InOrder("test")

    def first() -> None:
        begun.wait(10)
        done.append(1)

    calls.put(first)
    calls.put(done.append, 2)
    threading.Timer(0.1, begun.set).start()  # long after `end` has dropped the second
    calls.end()
    assert done == [1]
