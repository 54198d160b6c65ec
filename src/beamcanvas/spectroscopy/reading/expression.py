"""Arithmetic on columns, as a person types it: ``ln(i0 / it)``. Nothing is ever executed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ...errors import InputError
from ...task.validation import did_you_mean

_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "ln": np.log,
    "log": np.log,
    "exp": np.exp,
    "abs": np.abs,
    "sqrt": np.sqrt,
}
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?)(?![\w.:])"
    r"|(?P<quoted>`[^`]*`)|(?P<name>[^\W\d][\w.:]*|\d+[^\W\d][\w.:]*)|(?P<sign>[-+*/()]))"
)


def names_in(text: str) -> list[str]:
    """The columns that an expression uses."""
    found = []
    position = 0
    while match := _TOKEN.match(text, position):
        position = match.end()
        if name := match["quoted"]:
            found.append(name.strip("`"))
        elif (name := match["name"]) and not (
            name in _FUNCTIONS and text[position:].lstrip()[:1] == "("
        ):
            found.append(name)
    return found


def evaluate(text: str, columns: Mapping[str, Any], where: str) -> Any:
    """The value of an expression over columns.

    Names are labels of columns, or ``col1``, ``col2`` ... by position; a label with blanks or
    signs in it stands between backticks, or alone.

    Raises
    ------
    InputError
        When it is no expression or names a column that isn't there.
    """
    whole = _find(text.strip().strip("`"), columns)
    if whole is not None:
        return whole
    with np.errstate(divide="ignore", invalid="ignore"):
        return _Parser(text, columns, where).parse()


def _find(name: str, columns: Mapping[str, Any]) -> Any:
    if name in columns:
        return columns[name]
    for label in columns:
        if label.lower() == name.lower():
            return columns[label]
    if (match := re.fullmatch(r"col(\d+)", name, re.IGNORECASE)) is not None:
        number = int(match[1])
        if 1 <= number <= len(columns):
            return list(columns.values())[number - 1]
    return None


class _Parser:
    """Sums of products of factors, from left to right."""

    def __init__(self, text: str, columns: Mapping[str, Any], where: str) -> None:
        self.text, self.columns, self.where = text, columns, where
        self.tokens: list[tuple[str, str]] = []
        position = 0
        while position < len(text.rstrip()):
            match = _TOKEN.match(text, position)
            if match is None:
                raise self._wrong(f"'{text[position:].strip()[:20]}' can't be read")
            self.tokens.append((match.lastgroup or "", match[match.lastgroup or 0]))
            position = match.end()
        self.at = 0

    def _wrong(self, why: str) -> InputError:
        return InputError(f"{self.where}: '{self.text}' is no expression of columns: {why}.")

    def _sign(self, among: str) -> str:
        kind, token = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
        if kind == "sign" and token in among:
            self.at += 1
            return token
        return ""

    def parse(self) -> Any:
        value = self._sum()
        if self.at < len(self.tokens):
            raise self._wrong(f"nothing can follow before '{self.tokens[self.at][1]}'")
        return value

    def _sum(self) -> Any:
        value = self._product()
        while sign := self._sign("+-"):
            other = self._product()
            value = value + other if sign == "+" else value - other
        return value

    def _product(self) -> Any:
        value = self._factor()
        while sign := self._sign("*/"):
            other = self._factor()
            value = value * other if sign == "*" else np.true_divide(value, other)
        return value

    def _factor(self) -> Any:
        if sign := self._sign("+-"):
            value = self._factor()
            return -value if sign == "-" else value
        if self._sign("("):
            return self._closed()
        if self.at >= len(self.tokens):
            raise self._wrong("it ends too early")
        kind, token = self.tokens[self.at]
        self.at += 1
        if kind == "number":
            return float(token)
        if kind == "name" and token in _FUNCTIONS and self._sign("("):
            return _FUNCTIONS[token](self._closed())
        if kind == "sign":
            raise self._wrong(f"'{token}' stands where a column should")
        value = _find(token.strip("`"), self.columns)
        if value is None:
            raise InputError(
                f"{self.where} has no column '{token}'.{did_you_mean(token, self.columns)} "
                f"It has {_listed(self.columns)}."
            )
        return value

    def _closed(self) -> Any:
        value = self._sum()
        if not self._sign(")"):
            raise self._wrong("a bracket is not closed")
        return value


def _listed(columns: Mapping[str, Any]) -> str:
    names = list(columns)
    more = f" and {len(names) - 12} more" if len(names) > 12 else ""
    return ", ".join(names[:12]) + more
