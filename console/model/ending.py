"""Whether a pod has ended, from what its containers say and not from its phase alone.

Whoever may write `pods/status` can call a pod that runs `Succeeded`; controllers stop counting it then, and it runs on.
The containers' states come from the kubelet, which sets them right again. Pure.
"""

from __future__ import annotations

from console.model.workload import Pod

TERMINAL = ("Succeeded", "Failed")
RUNS, UNPROVED, ENDED = "runs", "unproved", "ended"
FORGED = "a pod counts as ended when its phase and all its containers say so: who may write pods/status can forge both"
"""What nobody can see from here."""


def life(pod: Pod) -> str:
    """`runs`, `ended`, or `unproved`: its phase says that it has ended, and its containers do not bear it out."""
    if pod.status.phase not in TERMINAL:
        return RUNS
    status = pod.status
    parts = (status.container_statuses, status.init_container_statuses, status.ephemeral_container_statuses)
    states = [(one.name, one.state) for part in parts for one in part or () if one.state is not None]
    if any(state.running is not None for _, state in states):
        return RUNS
    if not pod.spec.node_name:
        return ENDED  # no node ever had it, and none can be given to it any more
    over = {name for name, state in states if state.terminated is not None}
    return ENDED if all(one.name in over for one in pod.spec.containers) else UNPROVED


def is_over(pod: Pod) -> bool:
    """Whether nothing of it runs, as far as its containers say."""
    return life(pod) == ENDED


def unproved_words(names: list[str]) -> str:
    """Why it cannot be told that these have ended."""
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"{shown}: ended by phase, but no container says that it has; look on the node"
