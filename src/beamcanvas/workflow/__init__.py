"""What a graph is: the model, its spellings in files, its analysis and its validation."""

from .model import TASK_TYPES, Alias, InputName, Link, Node, NodeId, Workflow, id_text

__all__ = ["TASK_TYPES", "Alias", "InputName", "Link", "Node", "NodeId", "Workflow", "id_text"]
