"""The application of celery: how the jobs of a board in Redis come to workers."""

from __future__ import annotations

from celery import Celery

from .redis_board import PREFIX

#: seconds after which celery delivers what a worker took and never began. A job that is
#: delivered twice is begun once all the same, as the board decides that.
_REDELIVERED = 60


def application(url: str) -> Celery:
    """The application on a Redis, for clients and workers."""
    made = Celery("beamcanvas", broker=url, set_as_current=False)
    made.conf.update(
        accept_content=["json"],
        broker_connection_max_retries=None,
        broker_connection_retry_on_startup=True,
        broker_transport_options={
            "global_keyprefix": f"{PREFIX}celery:",
            "visibility_timeout": _REDELIVERED,
        },
        task_ignore_result=True,  # the board has it
        task_serializer="json",
        worker_disable_prefetch=True,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
    )
    return made
