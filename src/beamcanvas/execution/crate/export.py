"""Writing a crate."""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from ...errors import InputError
from ...nexus.workflow_file import as_run
from ...workflow import Workflow, id_text
from ...workflow.flat import flatten
from ...workflow.formats import json_file
from ..history import History, PastRun
from .entities import Entities, Reference, fragment
from .files import Files
from .steps import FORMAL, Steps, step_id, tool_id

_CONTEXT = (
    "https://w3id.org/ro/crate/1.1/context",
    "https://w3id.org/ro/terms/workflow-run/context",
)
_WORKFLOW_CRATE = "https://w3id.org/workflowhub/workflow-ro-crate/1.0"
_PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/provenance/0.5": ("Provenance Run Crate", "0.5"),
    _WORKFLOW_CRATE: ("Workflow RO-Crate", "1.0"),
}
_COMPUTATIONAL = "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"
_LANGUAGE = "https://ewoks.readthedocs.io"
#: the licence that is named where nobody says another
LICENSE = "https://spdx.org/licenses/CC-BY-4.0"
_STATUS = {"done": "CompletedActionStatus", "running": "ActiveActionStatus"}


def export_crate(
    history: History,
    job_id: str,
    folder: str | Path,
    *,
    results: bool = True,
    inputs: bool = False,
    license: str = LICENSE,
) -> Path:
    """Write a run of a history as a crate.

    Parameters
    ----------
    job_id:
        Of the run, or the beginning of it.
    folder:
        A new one.
    results:
        Whether the file of results goes into it, where there is one.
    inputs:
        Whether the files that the steps read go into it; else it says where they are.
    license:
        Under which the crate is given: its address.

    Raises
    ------
    InputError
        When there is no such run, the folder is there already, or it can't be written.
    """
    folder = Path(folder).expanduser().absolute()
    if folder.exists():
        raise InputError(f"{folder}: there is something of this name already.")
    run = history.run(job_id)
    workflow = history.workflow(run.job_id)
    made: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        crate = _crate(run, workflow, made, folder, results, inputs, license)
        (made / "ro-crate-metadata.json").write_text(
            json.dumps({"@context": _CONTEXT, "@graph": crate}, indent=2, ensure_ascii=False),
            "utf-8",
        )
        made.chmod(0o755)
        made.rename(folder)
    except OSError as error:
        raise InputError(f"{folder}: the crate can't be written: {error}.") from error
    finally:
        if made is not None:
            shutil.rmtree(made, ignore_errors=True)
    return folder


def _crate(
    run: PastRun,
    workflow: Workflow,
    made: Path,
    folder: Path,
    results: bool,
    inputs: bool,
    license: str,
) -> list[dict[str, Any]]:
    entities = Entities()
    files = Files(made, entities)
    flat = flatten(workflow)
    steps = Steps(flat, run.versions, entities)
    user = run.user_name or "unknown"
    agent = entities.add(fragment("user", user), "Person", name=user)
    given = steps.values(files, inputs)
    produced = _add_results(run, files, entities) if results else []
    _add_workflow(workflow, folder, files, entities, steps, agent, license, bool(produced))
    by_text = {id_text(n): found for n, found in given.items()}
    actions, starts = [], []
    for number, node in enumerate(run.nodes, 1):
        name = node.node_id
        action = entities.add(
            fragment("run", number, name),
            "CreateAction",
            name=f"Run of {name}",
            description=f"{node.task or node.title}, by {run.executor} on {run.host_name}.",
            instrument={"@id": tool_id(name)},
            agent=agent,
            object=by_text.get(name),
            result=produced if node.state == "done" else None,
            **_when(node.started, node.ended, node.state, node.error),
        )
        actions.append(action)
        starts.append(
            entities.add(
                fragment("start", number, name),
                "ControlAction",
                name=f"Start of {name}",
                instrument={"@id": step_id(name)},
                object=action,
            )
        )
    everything = [value for found in given.values() for value in found]
    actions += _add_run(run, entities, agent, everything, produced, starts)
    _add_root(run, files, entities, agent, actions, license)
    return entities.listed()


def _when(started: str, ended: str | None, state: str, error: str | None) -> dict[str, Any]:
    return {
        "startTime": _seconds(started),
        "endTime": None if ended is None else _seconds(ended),
        "actionStatus": f"http://schema.org/{_STATUS.get(state, 'FailedActionStatus')}",
        "error": error,
    }


def _seconds(time: str) -> str:
    return datetime.fromisoformat(time).isoformat(timespec="seconds")


def _add_results(run: PastRun, files: Files, entities: Entities) -> list[Reference]:
    path = Path(run.results) if run.results else None
    if path is None or not path.is_file():
        return []
    parameter = entities.add(
        "#results",
        "FormalParameter",
        name="results",
        additionalType="File",
        description="All that the steps got and gave, as NeXus.",
        conformsTo={"@id": FORMAL},
    )
    said = {"encodingFormat": "application/x-hdf5", "dateModified": run.ended}
    return [files.copy(path, "", exampleOfWork=parameter, **said)]


def _add_workflow(
    workflow: Workflow,
    folder: Path,
    files: Files,
    entities: Entities,
    steps: Steps,
    agent: Reference,
    license: str,
    has_results: bool,
) -> None:
    language = entities.add(
        _LANGUAGE,
        "ComputerLanguage",
        name="ewoks",
        alternateName="ewoks graph",
        url={"@id": _LANGUAGE},
        identifier={"@id": _LANGUAGE},
        version=workflow.schema_version,
    )
    entities.add(_COMPUTATIONAL, "CreativeWork", name="ComputationalWorkflow", version="1.0")
    ows = workflow.extra.get("ows")
    about = ows.get("description") if isinstance(ows, dict) else None
    files.write(
        "workflow.json",
        json_file.dumps(as_run(workflow, folder, {})),
        ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"],
        name=workflow.title,
        description=about or f"The workflow '{workflow.title}', with the values that it ran with.",
        programmingLanguage=language,
        conformsTo={"@id": _COMPUTATIONAL},
        author=agent,
        version=workflow.schema_version,
        url=_LANGUAGE,
        license={"@id": license},
        output=[{"@id": "#results"}] if has_results else None,
        **steps.described(),
    )


def _add_run(
    run: PastRun,
    entities: Entities,
    agent: Reference,
    given: list[Reference],
    produced: list[Reference],
    starts: list[Reference],
) -> list[Reference]:
    """The run as a whole, and beamcanvas, which had the steps done."""
    when = _when(run.started, run.ended, run.state, run.error)
    whole = entities.add(
        fragment("run", run.job_id),
        "CreateAction",
        name=f"Run of {run.title}",
        description=f"On {run.host_name}, by {run.executor}.",
        instrument={"@id": "workflow.json"},
        agent=agent,
        object=given,
        result=produced,
        **when,
    )
    used = {
        name: entities.add(
            fragment("software", name),
            "SoftwareApplication",
            name=name,
            softwareVersion=version,
            url="https://www.python.org"
            if name == "python"
            else f"https://pypi.org/project/{name}",
        )
        for name, version in {"beamcanvas": "", **run.versions}.items()
    }
    organized = entities.add(
        fragment("organize", run.job_id),
        "OrganizeAction",
        name=f"The run of {run.title} by beamcanvas",
        instrument=used["beamcanvas"],
        agent=agent,
        object=starts,
        result=whole,
        **when,
    )
    return [whole, organized]


def _add_root(
    run: PastRun,
    files: Files,
    entities: Entities,
    agent: Reference,
    actions: list[Reference],
    license: str,
) -> None:
    for id, (name, version) in _PROFILES.items():
        entities.add(id, "CreativeWork", name=name, version=version)
    entities.add(license, "CreativeWork", name=license.rpartition("/")[2], url=license)
    entities.add(
        "ro-crate-metadata.json",
        "CreativeWork",
        about={"@id": "./"},
        conformsTo=[{"@id": "https://w3id.org/ro/crate/1.1"}, {"@id": _WORKFLOW_CRATE}],
    )
    when = datetime.fromisoformat(run.started).strftime("%Y-%m-%d %H:%M")
    entities.add(
        "./",
        "Dataset",
        name=f"Run of {run.title}, {when}",
        description=f"What ran as '{run.title}': its steps, their inputs and what came of them.",
        datePublished=datetime.now().astimezone().isoformat(timespec="seconds"),
        license={"@id": license},
        author=agent,
        conformsTo=[{"@id": id} for id in _PROFILES],
        mainEntity={"@id": "workflow.json"},
        hasPart=files.parts,
        mentions=actions,
    )
