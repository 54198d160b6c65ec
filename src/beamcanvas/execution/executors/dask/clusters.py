"""Clusters of dask, and the clients of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ....errors import InputError

if TYPE_CHECKING:
    from distributed import Client

#: seconds that a scheduler has to answer
PATIENCE = 10.0


def client_of(cluster: Any) -> Client:
    """A client of a cluster, or of the scheduler at an address."""
    from distributed import Client

    try:
        client = Client(cluster, set_as_default=False, timeout=PATIENCE)
    except (OSError, TimeoutError, ValueError) as error:
        raise InputError(f"No scheduler of dask answers at {cluster}: {error}.") from error
    return client


def local_cluster(workers: int) -> Any:
    """Workers on this computer, each a process that does one thing at a time."""
    import dask
    from distributed import LocalCluster

    # who dies of a task dies of it again: once is enough, and others are sent again from here
    with dask.config.set({"distributed.scheduler.allowed-failures": 0}):
        return LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            dashboard_address="127.0.0.1:0",
            silence_logs=50,
        )


def slurm_cluster(jobs: str) -> Any:
    """Workers as jobs of SLURM, as the configuration of dask-jobqueue describes them."""
    try:
        from dask_jobqueue import SLURMCluster
    except ModuleNotFoundError as error:
        raise InputError(
            "Jobs of SLURM need the package 'dask-jobqueue'. "
            "Install it with: pip install 'beamcanvas[dask]'"
        ) from error
    if jobs and not jobs.isdecimal():
        raise InputError(f"dask:slurm:{jobs}: the number of jobs should be a whole number.")
    try:
        cluster = SLURMCluster()
        cluster.scale(jobs=int(jobs or 1))
    except (ValueError, OSError) as error:
        raise InputError(f"dask-jobqueue can't describe its jobs: {error}.") from error
    return cluster
