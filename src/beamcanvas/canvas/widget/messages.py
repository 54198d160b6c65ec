"""The message groups of a widget: errors, warnings, information."""

from __future__ import annotations

from orangewidget.utils.messages import MessageGroup, MessagesMixin


class FewMessages(MessagesMixin):
    """Finds the message groups among the classes' own names: a widget is made in half the time."""

    def __init__(self) -> None:
        names = {
            name
            for base in type(self).__mro__
            for name, found in vars(base).items()
            if isinstance(found, type) and issubclass(found, MessageGroup)
        }
        self.message_groups = []
        for name in sorted(names):
            group = getattr(type(self), name)(self)
            setattr(self, name, group)
            self.message_groups.append(group)
        self.message_groups.sort(key=lambda g: g.severity, reverse=True)
