"""Types that have no field of ours but a widget in magicgui: dates, times, what packages add."""

from __future__ import annotations

from typing import Any

from ...task import MISSING, Input, without_none
from .base import Field


def registered_field(spec: Input, annotation: type) -> Field | None:
    """A field on the widget that is registered for a type, None where there is none."""
    try:
        from magicgui.type_map import get_widget_class
        from magicgui.widgets import LiteralEvalLineEdit
    except ImportError:
        return None
    try:
        kind, options = get_widget_class(annotation=annotation)
    except ValueError:
        return None
    if kind is LiteralEvalLineEdit:
        return None
    return RegisteredField(spec, kind(**options))


class RegisteredField(Field):
    """The widget that magicgui knows for a type."""

    def __init__(self, spec: Input, widget: Any) -> None:
        super().__init__(spec)
        self.widget = widget
        self.spec_type = without_none(spec.annotation)
        self._showing = False
        widget.changed.connect(lambda _: self._changed())
        self.row.addWidget(widget.native)
        self.setFocusProxy(widget.native)

    def _changed(self) -> None:
        if not self._showing:
            self.give(self.widget.value)  # what it emits may be Qt's own type

    def set_value(self, value: Any) -> None:
        super().set_value(value)
        if value is MISSING or value is None:
            return
        self._showing = True
        try:
            read = getattr(self.spec_type, "fromisoformat", None)
            self.widget.value = read(value) if read and isinstance(value, str) else value
        except (TypeError, ValueError):
            pass  # the task's own validation says what is wrong with it
        finally:
            self._showing = False
