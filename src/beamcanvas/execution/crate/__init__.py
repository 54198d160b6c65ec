"""A past run as a Workflow Run RO-Crate: a folder that says what ran, of what, with what.

It follows the profile *Provenance Run Crate* 0.5 (https://w3id.org/ro/wfrun/provenance),
which says of each step what ran and when, and with it the profiles Workflow Run Crate,
Process Run Crate and Workflow RO-Crate. Leo et al., PLoS ONE 19, e0309210 (2024).
"""

from .export import export_crate

__all__ = ["export_crate"]
