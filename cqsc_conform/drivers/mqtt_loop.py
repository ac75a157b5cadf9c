"""An event loop in a thread of its own, for as long as something is watched there."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

__all__ = ["Beside"]

_POLL = 0.05


class Beside:
    """Runs one coroutine on a loop beside the caller, who can end it at any time.

    What breaks in it is raised again where the caller waits.
    """

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.cancelled = False
        self._task: asyncio.Task[None] | None = None
        self._trouble: BaseException | None = None

    def run(
        self, work: Callable[[], Coroutine[Any, Any, None]], stop: Callable[[], bool], most: float
    ) -> None:
        """Wait for the coroutine's end, which comes at once when ``stop`` says so.

        ``most`` is how many seconds it may take to end once it is told to.
        """
        worker = threading.Thread(target=self._work, args=(work,), daemon=True, name="mqtt-client")
        worker.start()
        try:
            while worker.is_alive():
                worker.join(_POLL)
                if stop():
                    self._end()
        finally:
            if worker.is_alive():
                self._end()
            worker.join(most)
        if self._trouble is not None:
            raise self._trouble

    def _end(self) -> None:
        self.cancelled = True
        # The loop may have come to its end by itself meanwhile.
        with contextlib.suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self._cancel)

    def _cancel(self) -> None:
        if self._task is not None and not self._task.cancelling():
            self._task.cancel()

    def _work(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        loop = self.loop
        try:
            loop.set_exception_handler(self._heard_of)
            self._task = loop.create_task(work())
            with contextlib.suppress(asyncio.CancelledError):
                loop.run_until_complete(self._task)
        except BaseException as trouble:  # noqa: BLE001 - raised again where the caller waits
            self._trouble = trouble
        finally:
            with contextlib.suppress(Exception):
                loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    def _heard_of(self, _: asyncio.AbstractEventLoop, context: Mapping[str, object]) -> None:
        """Take what broke inside the loop for a fault of ours, unless the network broke it."""
        error = context.get("exception")
        if isinstance(error, BaseException) and not isinstance(error, OSError):
            self._trouble = self._trouble or error
            self._cancel()
