"""Tetragon's exported events: programs that were started, connections, and whatever its tracing policies caught.

In: one decoded record (`tetra getevents -o json`, or the export file). Out: a `Process`, a `Flow` for a connection, an
`Alert` for any other catch of a policy; None for what is none of these. Ends of programs are none. Both spellings of
field names that protobuf's JSON allows are read. Source: tetragon's `events.proto`.
"""

from __future__ import annotations

import re
from typing import Any

from console.model.envelopes.plain import command, items, mapping, number, text
from console.model.instants import seconds
from console.model.runtime import Alert, Flow, Place, Process, Sensed
from console.model.severity import Severity

_CAUGHT = ("process_kprobe", "process_tracepoint", "process_lsm", "process_uprobe", "process_usdt", "process_loader")
_SILENT = ("process_exit", "process_throttle", "rate_limit_info")
_CAMEL = re.compile(r"(?<=[a-z0-9])([A-Z])")
_CONNECTS = frozenset({"tcp_connect", "udp_sendmsg", "security_socket_connect", "__sys_connect"})
_STOPS = ("SIGKILL", "OVERRIDE", "SIGNAL", "NOTIFYENFORCER")


def is_silent(value: dict[str, Any]) -> bool:
    """Whether a record is one of Tetragon's that says nothing here: the end of a program, its own bookkeeping."""
    return any(name in value or _camel(name) in value for name in _SILENT)


def signal_of(value: dict[str, Any]) -> Sensed | None:
    """The signal in a record."""
    at = seconds(text(value.get("time")))
    node = text(value.get("node_name") or value.get("nodeName"))
    started = value.get("process_exec") or value.get("processExec")
    if isinstance(started, dict):
        return _process(_snake(started), node, at)
    for name in _CAUGHT:
        caught = value.get(name) or value.get(_camel(name))
        if isinstance(caught, dict):
            return _caught(_snake(caught), name, node, at)
    return None


def _process(event: dict[str, Any], node: str, at: float | None) -> Process | None:
    process, parent = _snake(mapping(event.get("process"))), _snake(mapping(event.get("parent")))
    binary = text(process.get("binary"))
    at = at if at is not None else seconds(text(process.get("start_time")))
    if not binary or at is None:
        return None
    return Process(
        at=at,
        binary=binary,
        arguments=command(process.get("arguments")),
        place=_place(process, node),
        id=text(process.get("exec_id")),
        directory=text(process.get("cwd")),
        user=text(process.get("uid")),
        parent=text(parent.get("binary")),
        parent_arguments=command(parent.get("arguments")),
        flags=tuple(text(process.get("flags")).split()),
    )


def _caught(event: dict[str, Any], kind: str, node: str, at: float | None) -> Sensed | None:
    if at is None:
        return None
    process = _snake(mapping(event.get("process")))
    function = text(event.get("function_name")) or text(event.get("event")) or kind
    place, socket = _place(process, node), _socket(event)
    if socket and function in _CONNECTS:
        return _flow(socket, process, place, at)
    policy, action = text(event.get("policy_name")), text(event.get("action")).upper()
    stopped = any(word in action for word in _STOPS)
    binary, arguments = text(process.get("binary")), text(process.get("arguments"))
    return Alert(
        sensor="tetragon",
        rule=policy or function,
        severity=Severity.MEDIUM if stopped else Severity.LOW,
        at=at,
        place=place,
        id=text(process.get("exec_id")),
        text=f"{binary} {arguments}: {function}({', '.join(_arguments(event))}){' stopped' if stopped else ''}",
        tags=(function, *_arguments(event)),
    )


def _place(process: dict[str, Any], node: str) -> Place:
    pod = _snake(mapping(process.get("pod")))
    container = _snake(mapping(pod.get("container")))
    image = mapping(container.get("image"))
    return Place(
        namespace=text(pod.get("namespace")),
        pod=text(pod.get("name")),
        container=text(container.get("name")) or text(process.get("docker")),
        image=text(image.get("name")),
        node=node,
        workload=text(pod.get("workload")),
    )


def _flow(socket: dict[str, Any], process: dict[str, Any], place: Place, at: float) -> Flow:
    protocol = text(socket.get("protocol")).removeprefix("IPPROTO_")
    return Flow(
        at=at,
        source=place,
        destination=Place(ip=text(socket.get("daddr") or socket.get("addr"))),
        id=text(process.get("exec_id")),
        protocol=protocol or "TCP",
        source_port=number(socket.get("sport")),
        port=number(socket.get("dport") or socket.get("port")),
        direction="EGRESS",
        binary=text(process.get("binary")),
    )


def _socket(event: dict[str, Any]) -> dict[str, Any]:
    for argument in items(event.get("args")):
        one = _snake(mapping(argument))
        for name in ("sock_arg", "sockaddr_arg"):
            if isinstance(one.get(name), dict):
                return dict(one[name])
    return {}


def _arguments(event: dict[str, Any]) -> list[str]:
    """What the traced function was called with, in words: paths, texts, numbers, names."""
    found: list[str] = []
    for argument in items(event.get("args"))[:10]:
        for value in mapping(argument).values():
            said = text(value) or next((text(v) for k, v in mapping(value).items() if k in ("path", "name")), "")
            if said:
                found.append(said[:300])
    return found


def _snake(value: dict[str, Any]) -> dict[str, Any]:
    if not any(name != name.lower() for name in value):
        return value
    return {_CAMEL.sub(r"_\1", name).lower(): inner for name, inner in value.items()}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
