"""A worker: does the jobs that wait in Procrastinate's queues."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import psycopg
from procrastinate import App, BaseRetryStrategy, PsycopgConnector, RetryDecision
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Job as Queued
from procrastinate.jobs import Status

from adapters.procrastinate.queues import FIRST, ORDINARY, TASK, read
from application.conversations.errors import DeviceBusyError
from application.ports.clock import ClockWrongError
from application.ports.storage import StorageNotReadyError
from domain.runs.job import Job

log = logging.getLogger(__name__)

POLL: Final = 0.5
"""Seconds between two searches for jobs: releasing a lock wakes nobody."""
HEARTBEAT: Final = 2.0
"""Seconds between two heartbeats of a worker."""
STALLED: Final = 8.0
"""Seconds without a heartbeat after which others get a worker's jobs. Its devices stay leased a
little longer: a worker that was only frozen notices before it writes anything."""
RESCUE: Final = 3.0
"""Seconds between two searches for jobs of stalled workers."""
CONNECTIONS: Final = 5
"""Connections of one worker, besides those of its transactions."""
TRY_AGAIN: Final = 2
"""Seconds after which a job whose device is in use is tried again."""
OVERDUE: Final = 2.0
"""Seconds beyond its patience after which a worker is overdue."""
CLOCK_WRONG: Final = 30
"""Seconds after which a job is tried again, if the clock of the machine is too wrong to do it."""
RECONNECT: Final = 1.0
"""Seconds before a worker that has lost the database looks for it again."""


class Again(BaseRetryStrategy):
    """The failures after which a job is tried again, and after how many seconds."""

    def get_retry_decision(self, *, exception: BaseException, job: Queued) -> RetryDecision | None:
        match exception:
            case DeviceBusyError() | StorageNotReadyError():
                return RetryDecision(retry_in={"seconds": TRY_AGAIN})
            case ClockWrongError():
                return RetryDecision(retry_in={"seconds": CLOCK_WRONG})
            case _:
                return None


class Worker:
    """Does jobs on threads, up to `places` of them at once; `kept` of these are for the only jobs
    of their owners, so that an owner whose scales are all silent keeps nobody else waiting."""

    def __init__(
        self,
        conninfo: str,
        do: Callable[[Job], None],
        *,
        places: int,
        kept: int,
        patience: float,
        on_overdue: Callable[[], object],
    ) -> None:
        """`patience` is how many seconds jobs in flight have when the worker is to stop; when one
        of them holds on for longer, `on_overdue` is called."""
        self._conninfo = conninfo
        self._do = do
        self._places = places
        self._kept = kept
        self._patience = patience
        self._on_overdue = on_overdue
        self._stop: Callable[[], object] = lambda: None
        self._stopped = False

    def stop(self) -> None:
        """Finish what is in flight and end; from any thread or a signal handler."""
        self._stopped = True
        self._stop()

    def run(self) -> None:
        """Work until stopped. Waits for a database that is gone."""
        asyncio.run(self._run())

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        # Tasks run in the default executor, whose size is otherwise that of the machine.
        loop.set_default_executor(ThreadPoolExecutor(self._places, thread_name_prefix="job"))
        stopped = asyncio.Event()

        def stop() -> None:
            stopped.set()
            # This is not a task: those are cancelled when the loop is about to end, and that is
            # when it waits for its threads.
            loop.call_later(self._patience + OVERDUE, self._on_overdue)

        self._stop = lambda: loop.call_soon_threadsafe(stop)
        if self._stopped:
            return
        while not stopped.is_set():
            try:
                await self._work(stopped)
            except (ConnectorException, psycopg.Error) as error:
                log.warning("the database is gone: %s", error)
            if not stopped.is_set():
                log.info("looking for the database again")
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stopped.wait(), RECONNECT)

    async def _work(self, stopped: asyncio.Event) -> None:
        """Work until stopped, or until one part ends by itself: then the database is gone, and the
        others end too."""
        app = self._app()
        async with app.open_async():
            parts: list[asyncio.Task[object]] = [
                asyncio.create_task(self._serve(app, [FIRST, ORDINARY], self._places - self._kept))
            ]
            if self._kept:
                parts.append(asyncio.create_task(self._serve(app, [FIRST], self._kept)))
            parts.append(asyncio.create_task(_rescue(app)))
            waiting: asyncio.Task[object] = asyncio.create_task(_wait(stopped))
            try:
                await asyncio.wait([*parts, waiting], return_when=asyncio.FIRST_COMPLETED)
            finally:
                ended = await _end([*parts, waiting])
        for failure in ended:
            raise failure

    def _app(self) -> App:
        app = App(
            connector=PsycopgConnector(
                conninfo=self._conninfo,
                min_size=1,
                # Each of the two parts listens on a connection of its own; the others ask and
                # report.
                max_size=CONNECTIONS,
                timeout=10.0,
            )
        )

        @app.task(name=TASK, retry=Again())
        def do_job(
            kind: str, device_id: int, owner_id: int, batch_id: int | None, doubtful: bool
        ) -> None:
            self._do(read(kind, device_id, owner_id, batch_id, doubtful))

        return app

    async def _serve(self, app: App, queues: list[str], places: int) -> None:
        await app.run_worker_async(
            queues=queues,
            name="+".join(queues),
            concurrency=places,
            fetch_job_polling_interval=POLL,
            update_heartbeat_interval=HEARTBEAT,
            stalled_worker_timeout=STALLED,
            shutdown_graceful_timeout=self._patience,
            install_signal_handlers=False,
            delete_jobs="always",
        )


async def _wait(event: asyncio.Event) -> None:
    await event.wait()


async def _end(parts: Sequence[asyncio.Task[Any]]) -> Sequence[BaseException]:
    """Cancel tasks and wait for them. Returns their failures."""
    for part in parts:
        part.cancel()
    ended = await asyncio.gather(*parts, return_exceptions=True)
    return [
        each
        for each in ended
        if isinstance(each, BaseException) and not isinstance(each, asyncio.CancelledError)
    ]


async def _rescue(app: App) -> None:
    """Give the jobs of workers without a heartbeat to others."""
    manager = app.job_manager
    while True:
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED):
            await _give_back(app, job)
        await manager.prune_stalled_workers(STALLED)
        await asyncio.sleep(RESCUE)


async def _give_back(app: App, job: Queued) -> None:
    try:
        await app.job_manager.retry_job(job)
    except UniqueViolation:
        log.info("a stalled job is not needed any more: %s waits for the same", job.lock)
        await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)
        return
    except ConnectorException as error:
        log.info("a stalled job is not given back, since another was faster: %s", error)
        return
    log.warning("a worker shows no sign of life: its job for %s is done by another", job.lock)
