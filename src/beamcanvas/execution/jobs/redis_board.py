"""A board in Redis, whose jobs celery delivers: for as many computers as one likes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from time import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ...errors import InputError
from .board import KEPT, LEASE, Board, BoardError
from .job import ENDED, Attendant, Job, is_process_gone

if TYPE_CHECKING:
    from celery import Celery

PREFIX = "beamcanvas:"
#: the task of celery whose argument is the id of a job
TASK = "beamcanvas.job"
#: seconds that Redis has to answer
PATIENCE = 5.0
_OPEN, _ALL, _WORKERS = f"{PREFIX}unfinished", f"{PREFIX}jobs", f"{PREFIX}workers"

#: sets fields of a job if others of it are as they should be. One that ended is no longer among
#: the unfinished ones, who waits for it is woken, and after so many seconds it is forgotten.
_CHANGE = """
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local n = tonumber(ARGV[1])
for i = 2, 2 * n, 2 do
  if redis.call('HGET', KEYS[1], ARGV[i]) ~= ARGV[i + 1] then return 0 end
end
redis.call('HSET', KEYS[1], unpack(ARGV, 2 * n + 3))
if #KEYS > 1 then
  redis.call('SREM', KEYS[5], ARGV[2 * n + 2])
  redis.call('RPUSH', KEYS[2], 'ended')
  for i = 1, 4 do redis.call('EXPIRE', KEYS[i], KEPT) end
end
return 1
""".replace("KEPT", str(int(KEPT)))
#: begins a job that is queued, and gives what it consists of
_CLAIM = """
if redis.call('HGET', KEYS[1], 'state') ~= '"queued"' then return nil end
local payload = redis.call('GET', KEYS[2])
if not payload then return nil end
redis.call('HSET', KEYS[1], 'state', '"running"', 'worker', ARGV[1], 'started', ARGV[2])
redis.call('HINCRBY', KEYS[1], 'attempt', 1)
return {redis.call('HGETALL', KEYS[1]), payload}
"""


class RedisBoard(Board):
    """A board in Redis.

    Parameters
    ----------
    url:
        ``redis://``, ``rediss://`` or ``unix://``; the queues of celery are there too.

    Raises
    ------
    BoardError
        When no Redis answers.
    InputError
        When celery isn't installed, or the URL isn't one.
    """

    def __init__(self, url: str) -> None:
        super().__init__()
        try:
            import celery  # noqa: F401
            import redis
        except ModuleNotFoundError as error:
            raise InputError(
                f"A queue in Redis needs the package '{error.name}'. "
                "Install it with: pip install 'beamcanvas[celery]'"
            ) from error
        self.url = url
        self._errors = (redis.RedisError, OSError)
        try:
            self._redis = redis.Redis.from_url(
                url, socket_connect_timeout=PATIENCE, socket_timeout=3 * PATIENCE
            )
        except ValueError as error:
            raise InputError(f"{self.name}: this is no address of a Redis: {error}.") from None
        self._celery: Celery | None = None
        self._change = self._redis.register_script(_CHANGE)
        self._claim = self._redis.register_script(_CLAIM)
        with self._reached():
            self._redis.ping()

    @contextmanager
    def _reached(self) -> Iterator[None]:
        try:
            yield
        except self._errors as error:
            words = " ".join(str(error).split()).rstrip(".")
            raise BoardError(f"{self.name}: no Redis answers there: {words}.") from error

    @property
    def name(self) -> str:
        parts = urlsplit(self.url)
        host = parts.netloc.rpartition("@")[2]
        return parts._replace(netloc=host, query="").geturl()

    @property
    def celery(self) -> Celery:
        """The application of celery, which is made when it is first needed."""
        if self._celery is None:
            from .application import application

            self._celery = application(self.url)
        return self._celery

    def add(self, job: Job, payload: bytes) -> None:
        spelled: dict[Any, Any] = {n: json.dumps(value) for n, value in asdict(job).items()}
        with self._reached(), self._redis.pipeline() as steps:
            steps.hset(_key(job.id), mapping=spelled)
            steps.set(f"{PREFIX}payload:{job.id}", payload)
            steps.sadd(_OPEN, job.id)
            if job.kind == "workflow":
                steps.zadd(_ALL, {job.id: job.submitted})
                steps.zremrangebyscore(_ALL, 0, time() - 10 * KEPT)
            if job.parent is not None:
                steps.sadd(f"{PREFIX}children:{job.parent}", job.id)
                steps.expire(f"{PREFIX}children:{job.parent}", int(KEPT))
            steps.execute()

    def deliver(self, job: Job) -> None:
        from kombu.exceptions import OperationalError

        try:
            self.celery.send_task(
                TASK,
                (job.id,),
                task_id=job.id,
                queue=job.queue,
                retry=False,
            )
        except (*self._errors, OperationalError) as error:
            raise BoardError(f"{self.name}: the job can't be delivered: {error}.") from error

    def change(self, job_id: str, when: Mapping[str, Any], to: Mapping[str, Any]) -> bool:
        old, new = (
            [part for name, value in fields.items() for part in (name, json.dumps(value))]
            for fields in (when, to)
        )
        is_end = to.get("state") in ENDED
        keys = [*_keys(job_id), _OPEN] if is_end else [_key(job_id)]
        with self._reached():
            return bool(self._change(keys=keys, args=[len(when), *old, job_id, *new]))

    def wait(self, job_id: str, seconds: float) -> Job | None:
        job = self.job(job_id)
        if job is None or job.is_ended or seconds <= 0:
            return job
        with self._reached():  # it stays there, for others who wait
            self._redis.blmove(_end(job_id), _end(job_id), seconds)
        return self.job(job_id)

    def claim(self, job_id: str, worker: str) -> tuple[Job, bytes] | None:
        keys = [_key(job_id), f"{PREFIX}payload:{job_id}"]
        with self._reached():
            begun: Any = self._claim(keys=keys, args=[json.dumps(worker), json.dumps(time())])
        if begun is None:
            return None
        fields, payload = begun
        return _job(dict(zip(fields[::2], fields[1::2], strict=True))), payload

    def _read(self, job_ids: Sequence[str]) -> list[Job]:
        with self._reached(), self._redis.pipeline(transaction=False) as steps:
            for job_id in job_ids:
                steps.hgetall(_key(job_id))
            found = steps.execute()
        return [_job(fields) for fields in found if b"id" in fields]

    def job(self, job_id: str) -> Job | None:
        found = self._read([job_id])
        return found[0] if found else None

    def jobs(self) -> list[Job]:
        with self._reached():
            ids: Any = self._redis.zrevrange(_ALL, 0, -1)
        return self._read(_texts(ids))

    def unfinished(self) -> list[Job]:
        return self._of_set(_OPEN)

    def children(self, parent: str) -> list[Job]:
        return self._of_set(f"{PREFIX}children:{parent}")

    def _of_set(self, key: str) -> list[Job]:
        with self._reached():
            members: Any = self._redis.smembers(key)
            ids = _texts(members)
            found = [job for job in self._read(ids) if not job.is_ended] if ids else []
            if gone := set(ids) - {job.id for job in found}:
                self._redis.srem(key, *gone)
        return sorted(found, key=lambda job: job.submitted)

    def _blob(self, key: str) -> bytes | None:
        with self._reached():
            blob: Any = self._redis.get(key)
        return None if blob is None else bytes(blob)

    def payload(self, job_id: str) -> bytes | None:
        return self._blob(f"{PREFIX}payload:{job_id}")

    def keep_result(self, job_id: str, result: bytes) -> None:
        with self._reached():
            self._redis.set(f"{PREFIX}result:{job_id}", result, ex=int(KEPT))

    def result(self, job_id: str) -> bytes | None:
        return self._blob(f"{PREFIX}result:{job_id}")

    def remove(self, job_ids: Sequence[str]) -> None:
        with self._reached(), self._redis.pipeline() as steps:
            for job_id in job_ids:
                steps.delete(*_keys(job_id))
                steps.srem(_OPEN, job_id)
                steps.zrem(_ALL, job_id)
            steps.execute()

    def tell(self, address: str, news: bytes) -> None:
        with self._reached(), self._redis.pipeline() as steps:
            steps.rpush(f"{PREFIX}news:{address}", news)
            steps.expire(f"{PREFIX}news:{address}", int(KEPT))
            steps.execute()

    def heard(self, address: str, seconds: float) -> list[bytes]:
        key = f"{PREFIX}news:{address}"
        with self._reached():
            first: Any = self._redis.blpop([key], timeout=max(seconds, 0.001))
            if first is None:
                return []
            more: Any = self._redis.lpop(key, 1000)
        return [first[1], *(more or ())]

    def beat(self, worker: Attendant) -> None:
        told = {"queues": worker.queues, "places": worker.places, "seen": time()}
        with self._reached(), self._redis.pipeline() as steps:
            steps.set(f"{PREFIX}worker:{worker.id}", json.dumps(told), ex=int(LEASE))
            steps.sadd(_WORKERS, worker.id)
            steps.execute()

    def leave(self, worker: str) -> None:
        with self._reached():
            self._redis.delete(f"{PREFIX}worker:{worker}")
            self._redis.srem(_WORKERS, worker)

    def workers(self) -> list[Attendant]:
        found = []
        with self._reached():
            members: Any = self._redis.smembers(_WORKERS)
            for worker in _texts(members):
                told: Any = self._redis.get(f"{PREFIX}worker:{worker}")
                if told is None:
                    self._redis.srem(_WORKERS, worker)
                elif not is_process_gone(worker):
                    said = json.loads(told)
                    queues = tuple(said["queues"])
                    found.append(Attendant(worker, queues, said["places"], said["seen"]))
        return found

    def close(self) -> None:
        if self._celery is not None:
            self._celery.close()
        self._redis.close()


def _job(fields: Any) -> Job:
    return Job(**{name.decode(): json.loads(value) for name, value in fields.items()})


def _key(job_id: str) -> str:
    return f"{PREFIX}job:{job_id}"


def _end(job_id: str) -> str:
    return f"{PREFIX}end:{job_id}"


def _keys(job_id: str) -> tuple[str, ...]:
    return (
        _key(job_id), _end(job_id), f"{PREFIX}payload:{job_id}", f"{PREFIX}result:{job_id}",
    )  # fmt: skip


def _texts(found: Any) -> list[str]:
    return [text.decode() for text in found]
