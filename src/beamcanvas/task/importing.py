"""The Python object that an identifier names: a dotted path, or ``file.py::name``."""

from __future__ import annotations

import importlib
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..errors import TaskNotFoundError

#: Between a file and the name in it.
IN_FILE = "::"


def import_object(identifier: str, folder: Path | None = None) -> Any:
    """Import what `identifier` names.

    Modules of the current folder are found too, as ewoks finds them; a relative file is
    looked for in `folder`, the workflow's own.

    Raises
    ------
    TaskNotFoundError
        One sentence that says which package, module or name is not there.
    """
    if IN_FILE in identifier:
        return _from_file(identifier, folder)
    module_name, _, name = identifier.rpartition(".")
    if not module_name or not all(part.isidentifier() for part in identifier.split(".")):
        raise TaskNotFoundError(
            f"There is no task '{identifier}': it should be a dotted path such as "
            "'package.module.name', or 'file.py::name'."
        )
    if "" not in sys.path:
        sys.path.append("")
    return _attribute(_module(module_name, identifier), name, identifier)


def absolute_identifier(identifier: str, folder: Path | None = None) -> str:
    """The identifier with its file, if it names one, as an absolute path."""
    if IN_FILE not in identifier:
        return identifier
    file, _, name = identifier.rpartition(IN_FILE)
    return f"{find_file(file, folder)}{IN_FILE}{name}"


def find_file(file: str, folder: Path | None) -> Path:
    """The absolute path of a file that is named relative to the workflow's folder."""
    return ((folder or Path.cwd()) / Path(file).expanduser()).absolute()


def _module(module_name: str, identifier: str) -> Any:
    try:
        return importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        missing = error.name or module_name
        if missing == module_name or module_name.startswith(f"{missing}."):
            raise TaskNotFoundError(
                f"There is no task '{identifier}': {_not_there(missing)}"
            ) from error
        raise TaskNotFoundError(
            f"The task '{identifier}' can't be loaded: '{module_name}' needs the package "
            f"'{missing}', which is not installed."
        ) from error
    except (Exception, SystemExit) as error:  # what a foreign module raises can be anything
        raise _not_importable(module_name, identifier, error) from error


def _not_importable(where: str, identifier: str, error: BaseException) -> TaskNotFoundError:
    lines = str(error).splitlines() or [""]
    return TaskNotFoundError(
        f"The task '{identifier}' can't be loaded: importing '{where}' fails with "
        f"{type(error).__name__}: {lines[0]}"
    )


def _not_there(module_name: str) -> str:
    parent_name, _, name = module_name.rpartition(".")
    if not parent_name:
        return f"the package '{module_name}' is not installed."
    import pkgutil

    from .validation import did_you_mean

    parent = sys.modules.get(parent_name)
    known = [m.name for m in pkgutil.iter_modules(getattr(parent, "__path__", []))]
    return f"'{parent_name}' has no module '{name}'.{did_you_mean(name, known)}"


def _attribute(module: Any, name: str, identifier: str) -> Any:
    try:
        return getattr(module, name)
    except AttributeError:
        from .validation import did_you_mean

        known = [n for n in dir(module) if not n.startswith("_")]
        where = getattr(module, "__file__", "") if IN_FILE in identifier else module.__name__
        raise TaskNotFoundError(
            f"There is no task '{identifier}': '{where}' has no '{name}'."
            f"{did_you_mean(name, known)}"
        ) from None


def _from_file(identifier: str, folder: Path | None) -> Any:
    file, _, name = identifier.rpartition(IN_FILE)
    path = find_file(file, folder)
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        raise TaskNotFoundError(
            f"There is no task '{identifier}': there is no file '{path}'."
        ) from None
    if path.suffix != ".py":
        raise TaskNotFoundError(f"There is no task '{identifier}': '{path}' is not a .py file.")
    try:
        module = _file_module(path, changed)
    except (Exception, SystemExit) as error:
        raise _not_importable(str(path), identifier, error) from error
    return _attribute(module, name, identifier)


@lru_cache(maxsize=256)
def _file_module(path: Path, changed: int) -> Any:
    """The module in a file; imported anew when the file changed."""
    from hashlib import sha256
    from importlib.util import module_from_spec, spec_from_file_location

    name = f"{path.stem}_{sha256(f'{path}{changed}'.encode()).hexdigest()[:12]}"
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a module")
    module = module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their own module up there
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
