"""Run by the python of the public validator: the sentences of what is wrong with a crate.

The validator fetches the terms of a crate from the network. Here they are given: those of
schema.org, and the few of RO-Crate 1.1 and of workflow runs that are from elsewhere.
"""

import json
import sys
from pathlib import Path

from rocrate_validator import services
from rocrate_validator.models import Severity
from rocrate_validator.utils import document_loader
from rocrate_validator.utils.http import HttpRequester

_WORKS, _RUNS = "https://bioschemas.org/", "https://w3id.org/ro/terms/workflow-run#"
CONTEXT = {
    "File": "http://schema.org/MediaObject",
    "conformsTo": "http://purl.org/dc/terms/conformsTo",
    "ComputationalWorkflow": f"{_WORKS}ComputationalWorkflow",
    "FormalParameter": f"{_WORKS}FormalParameter",
    "input": f"{_WORKS}ComputationalWorkflow#input",
    "output": f"{_WORKS}ComputationalWorkflow#output",
    **{n: _RUNS + n for n in
       ("ParameterConnection", "connection", "sourceParameter", "targetParameter")},
}  # fmt: skip


class Answer:
    """What the web would answer."""

    status_code = 200
    from_cache = True
    headers = {"Content-Type": "application/ld+json"}  # noqa: RUF012
    text = ""

    def json(self):
        return json.loads(self.text)

    def raise_for_status(self):
        pass


def terms_of(crate: Path) -> dict[str, str]:
    graph = json.loads((crate / "ro-crate-metadata.json").read_text())["@graph"]
    names = {name for entity in graph for name in entity if name[0] != "@"}
    for entity in graph:
        names |= {entity["@type"]} if isinstance(entity["@type"], str) else {*entity["@type"]}
    return {name: f"http://schema.org/{name}" for name in names} | CONTEXT


found = set()
for crate in map(Path, sys.argv[1:]):
    terms = terms_of(crate)
    Answer.text = json.dumps({"@context": terms})
    document_loader._fetch_json_ld = lambda _, terms=terms: {"@context": terms}
    HttpRequester.__getattr__ = lambda self, name: lambda *_, **__: Answer()
    HttpRequester.fetch_fresh = lambda *_, **__: Answer()
    checked = services.validate(
        {
            "rocrate_uri": str(crate),
            "profile_identifier": "provenance-run-crate",  # and all that this builds on
            "requirement_severity": Severity.REQUIRED,
            "offline": True,
            "cache_path": crate.parent / "http",
        }
    )
    found |= {f"{i.severity.name}: {i.message} ({i.violatingEntity})" for i in checked.get_issues()}
print(json.dumps(sorted(found)))
