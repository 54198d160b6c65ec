"""A node's window: what a package's own widgets derive from."""

from .task_widget import TaskWidget

__all__ = ["TaskWidget"]
