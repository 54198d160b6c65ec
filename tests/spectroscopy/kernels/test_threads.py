from __future__ import annotations

import threading

import scipy.linalg  # noqa: F401 - it has a BLAS of its own
from threadpoolctl import ThreadpoolController

from beamcanvas.spectroscopy.kernels.threads import FEW, few_threads


def blas() -> set[int]:
    """How many threads each BLAS of the program would take."""
    found = ThreadpoolController().select(user_api="blas")
    return {library.get_num_threads() for library in found.lib_controllers}


def test_blas_is_kept_to_one_thread_for_a_few_spectra_and_no_longer():
    with ThreadpoolController().select(user_api="blas").limit(limits=2):
        with few_threads(1):
            assert blas() == {1}
        assert blas() == {2}
        with few_threads(FEW):
            assert blas() == {2}


def test_tasks_that_end_in_any_order_leave_it_as_it_was():
    before = blas()
    inside, go = threading.Barrier(2, timeout=10), [threading.Event() for _ in range(2)]

    def work(number: int) -> None:
        with few_threads(1):
            inside.wait()
            go[number].wait(10)

    workers = [threading.Thread(target=work, args=(n,)) for n in range(2)]
    for worker in workers:
        worker.start()
    for number in range(2):
        go[number].set()
        workers[number].join()
    assert blas() == before
