"""What an action is, as pure data.

The one declaration that feeds keys, palette, command line, form, help, ClusterRole and docs.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Danger(StrEnum):
    """Classes of design.md."""

    D0 = "D0"
    """read-only"""
    D1 = "D1"
    """reversible, no service impact"""
    D2 = "D2"
    """reversible, service impact"""
    D3 = "D3"
    """irreversible"""

    @property
    def words(self) -> str:
        """The class in words, for the plan dialog."""
        return _WORDS[self]


_WORDS = {
    Danger.D0: "read-only",
    Danger.D1: "reversible, no service impact",
    Danger.D2: "reversible, with service impact",
    Danger.D3: "irreversible",
}


class Right(msgspec.Struct, frozen=True, order=True):
    """One permission an action uses, as RBAC writes it."""

    verb: str
    resource: str
    """Plural name, with the subresource after a slash (`pods/log`); a URL path when it begins with a slash."""
    group: str = ""
    namespace: str = ""
    """"" in a declaration means: wherever the target is; in a preflight: cluster-wide."""
    name: str = ""

    def __str__(self) -> str:
        place = f" in {self.namespace}" if self.namespace else ""
        return f"{self.verb} {self.resource}{'.' + self.group if self.group else ''}{place}"


class Param(msgspec.Struct, frozen=True):
    """One parameter a person may set."""

    name: str
    help: str
    kind: str = "text"
    """`text`, `int`, `flag` or `choice`."""
    choices: tuple[str, ...] = ()
    default: str = ""
    required: bool = False
    """Whether nothing can be planned without a value; then there is no default."""

    def wrong(self, value: str) -> str:
        """What is wrong with a value, as the end of a sentence about this parameter; "" when it may be planned with."""
        if self.required and not value.strip():
            return f"is needed: {self.help}"
        if self.kind == "choice" and value not in self.choices:
            return f"is one of {', '.join(self.choices)}, not {value!r}"
        if (
            self.kind == "int"
            and value
            and not (value.removeprefix("-").isascii() and value.removeprefix("-").isdigit())
        ):
            return f"is a whole number, not {value!r}"
        if self.kind == "flag" and value not in ("", "true", "false"):
            return f"is true or false, not {value!r}"
        return ""


class ActionSpec(msgspec.Struct, frozen=True):
    """The declaration of an action. An unknown parameter kind or a missing undo answer fails at registration."""

    id: str
    """`noun.verb`, the one name everywhere."""
    title: str
    """Imperative, at most 40 characters."""
    family: str
    danger: Danger
    help: str
    """Two to five sentences: what it does, what it does not, what it leaves."""
    targets: tuple[str, ...]
    """Kinds it accepts."""
    key: str = ""
    """`e`, or the letter after the leader `x`; "" means palette and command line only."""
    leader: bool = True
    params: tuple[Param, ...] = ()
    rights: tuple[Right, ...] = ()
    undo: str = ""
    """Id of the inverse action, "" if there is none."""
    undo_why: str = ""
    """Why there is no undo, or how it is lopsided."""
    inverse_of: str = ""
    """Set on undo actions: never offered by themselves, only through the register."""
    destroys: bool = False
    """Whether it may destroy evidence (opens the evidence gate)."""
    attack: tuple[str, ...] = ()
    """ATT&CK mitigations or techniques it answers."""

    @property
    def keys(self) -> str:
        """As shown to people: `x i`, `e` or ""."""
        return f"x {self.key}" if self.key and self.leader else self.key
