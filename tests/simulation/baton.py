"""Several functions at once, and only one at a time: who holds the baton makes the next call.

Each function runs in a thread of its own that waits before every call to AWS for its turn. The
turns are given beforehand, so the same turns are the same history, on any machine.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence


class Baton:
    """Hands the turn from one runner to the next, after so many calls each."""

    def __init__(self, turns: Sequence[int]) -> None:
        self._turns = iter(turns)
        self._left: int | None = 0  # calls of this turn; None without end
        self._gates: list[threading.Lock] = []
        self._running: list[int] = []
        self._errors: list[BaseException] = []
        self._is_over = threading.Event()
        self._me = threading.local()

    def run(self, jobs: Sequence[Callable[[], None]]) -> None:
        """Run all jobs to their end. Raises what one of them raises."""
        self._gates = [threading.Lock() for _ in jobs]
        self._running = list(range(len(jobs)))
        for gate in self._gates:
            gate.acquire()
        threads = [
            threading.Thread(target=self._lead, args=(number, job), daemon=True)
            for number, job in enumerate(jobs)
        ]
        for thread in threads:
            thread.start()
        self._left = next(self._turns, None)
        self._gates[0].release()
        self._is_over.wait()
        for thread in threads:
            thread.join()
        for error in self._errors:
            raise error

    def wait(self) -> None:
        """Wait for one's turn before a call."""
        if self._left is None:
            return
        self._left -= 1
        if self._left < 0:
            self.pause()

    def pause(self) -> None:
        """Let the next one go on, and wait for one's turn."""
        me: int = self._me.number
        place = self._running.index(me)
        other = self._running[(place + 1) % len(self._running)]
        self._left = next(self._turns, None)
        if other != me:
            self._gates[other].release()
            self._gates[me].acquire()
        if self._left is not None:
            self._left -= 1  # the call that was waited with

    def _lead(self, number: int, job: Callable[[], None]) -> None:
        self._me.number = number
        self._gates[number].acquire()
        try:
            job()
        except BaseException as error:  # noqa: BLE001  # raised where all were started
            self._errors.append(error)
        place = self._running.index(number)
        self._running.remove(number)
        if self._running:
            self._left = next(self._turns, None)
            self._gates[self._running[place % len(self._running)]].release()
        else:
            self._is_over.set()
