"""The register of actions: declared once, presented many times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.errors import BadInput

if TYPE_CHECKING:
    from console.actions.base import Action
    from console.model.action import ActionSpec, Param

_PARAM_KINDS = ("text", "int", "flag", "choice")


class Registry:
    """All actions by id. Registration refuses a declaration that would fail a responder later."""

    def __init__(self) -> None:
        self._actions: dict[str, Action] = {}

    def add(self, action: Action) -> None:
        """Register; raises `BadInput` naming what is wrong with the declaration."""
        spec = action.spec
        if spec.id in self._actions:
            raise BadInput(f"Action {spec.id} is registered twice.")
        if bad := [param.name for param in spec.params if param.kind not in _PARAM_KINDS]:
            raise BadInput(f"Action {spec.id}: parameter {bad[0]} has an unknown kind.")
        if bad := [param.name for param in spec.params if _unusable(param)]:
            raise BadInput(f"Action {spec.id}: parameter {bad[0]} has a default that may not be given.")
        if spec.inverse_of and [param.name for param in spec.params] not in ([], ["mode"]):
            raise BadInput(f"Action {spec.id}: an undo takes one parameter, mode, and no other.")
        if not spec.undo and not spec.undo_why and not spec.inverse_of:
            raise BadInput(f"Action {spec.id} has no undo and does not say why.")
        taken = [other for other in self._actions.values() if spec.key and other.spec.keys == spec.keys]
        if taken:
            raise BadInput(f"Action {spec.id} wants the key {spec.keys!r} of {taken[0].spec.id}.")
        self._actions[spec.id] = action

    def get(self, id: str) -> Action:  # noqa: A002 - the field's name
        """The action of that id; `BadInput` names near ones."""
        from difflib import get_close_matches

        if id not in self._actions:
            near = get_close_matches(id, self._actions, 3) or sorted(self._actions)
            raise BadInput(f"No action {id!r}. Did you mean {', '.join(near)}?")
        return self._actions[id]

    def specs(self) -> tuple[ActionSpec, ...]:
        """All declarations, in order of registration."""
        return tuple(action.spec for action in self._actions.values())


def _unusable(param: Param) -> bool:
    """Whether a plan without a word about this parameter would fail, though the declaration promises a default."""
    return bool(param.default) if param.required else bool(param.wrong(param.default))
