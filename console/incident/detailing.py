"""What a seat reads about a row: details, manifests, logs, timelines, the five-line brief. All of it exported."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from console.actions.fetching import read
from console.errors import ApiStatus, BadInput
from console.hygiene.exporting import Exporter, known_safe
from console.incident.affected import Affected
from console.incident.entries import about, entry_row
from console.incident.naming import doer, doer_in_full
from console.model.entry import Entry
from console.model.finding import Finding
from console.model.instants import stamp
from console.model.ref import BY_KIND, ResourceRef
from console.model.text import Clean
from console.ports.cluster import Cluster, Request
from console.ports.views import ResourceRow, TextView
from console.rules.stories import tactics_of

Line = tuple[Clean, Clean]
_LOG_LINES = 500
_EMPTY = Clean("")


class Details:
    """Makes the texts. Reads the cluster for manifests and logs only.

    Args:
        export: the way out.
        cluster: where manifests and logs come from.
    """

    def __init__(self, export: Exporter, cluster: Cluster) -> None:
        self._export = export
        self._cluster = cluster

    def _line(self, label: str, text: str) -> Line:
        return known_safe(label), self._export(text)

    def finding(self, one: Finding, contained: str, others: Iterable[Finding] = ()) -> TextView:
        """A finding with its evidence, and the story it is part of: `others` are those there are."""
        who, on = one.who, one.target
        rows = [
            ("severity", one.severity + (f" ({one.base} by its rule, raised by its story)" if one.base else "")),
            ("story", _story_words(one, others)),
            ("who", doer_in_full(who)),
            ("groups", ", ".join(who.groups)),
            ("from", ", ".join(part for part in (who.ip, who.agent) if part)),
            (
                "caller",
                " ".join(part for part in (f"pod {who.pod}" if who.pod else "", who.node, who.credential) if part),
            ),
            ("target", _target_words(one)),
            ("first", stamp(one.first)),
            ("last", f"{stamp(one.last)}   {one.count} event{'s' if one.count != 1 else ''}, {_sources(one)}"),
            ("matched", one.note),
            ("contained", contained or ("nothing done yet" if on.name else "")),
            ("rule", " ".join((one.rule, *one.catalogue, *one.attack))),
            (
                "events",
                ", ".join(one.events[:10]) + (f" and {len(one.events) - 10} more" if len(one.events) > 10 else ""),
            ),
        ]
        lines = [self._line(label, text) for label, text in rows if text]
        return TextView(self._export(one.title), (*lines, (_EMPTY, _EMPTY), *self._record(one.evidence)))

    def _record(self, evidence: bytes) -> list[Line]:
        """The first matching record, redacted by structure."""
        if not evidence:
            return []
        try:
            shown = self._export.document(msgspec.json.decode(evidence), most=400)
        except (msgspec.DecodeError, RecursionError):
            shown = self._export.lines(evidence.decode("utf-8", "replace"), most=100)
        return [(known_safe("record") if not number else _EMPTY, line) for number, line in enumerate(shown)]

    def resource(self, one: Affected, row: ResourceRow) -> TextView:
        """An affected object: how it stands, what was done and what was found on it."""
        rows = [
            ("status", f"{row.status}" + (f": {row.left}" if row.left else "")),
            ("owner", row.owner),
            ("node", row.node),
            ("account", row.account),
            ("since", stamp(one.since)),
        ]
        for action in one.actions:
            seen = action.verified
            rows.append(
                ("action", f"{action.planned.digest[:4]} {action.planned.action}: {seen.stage if seen else 'running'}")
            )
            rows += [("left", text) for text in (seen.residual if seen else ())]
            rows += [("unchecked", text) for text in (seen.unverifiable if seen else ())]
            rows += [("limits", text) for text in (seen.limits if seen else ())]
        for finding in sorted(one.findings, key=lambda f: (f.severity.rank, -f.last)):
            rows.append(("finding", f"{finding.severity} {finding.title} by {doer(finding.who)} ×{finding.count}"))
        return TextView(self._export.ref(one.ref), tuple(self._line(label, text) for label, text in rows if text))

    async def manifest(self, ref: ResourceRef) -> TextView:
        """The object as it is now, without managedFields; Secrets are never fetched, ConfigMaps without values."""
        title = self._export.ref(ref)
        if ref.kind == "Secret":
            raise BadInput("Secrets are not fetched: their values never enter the war room.")
        if ref.kind not in BY_KIND:
            raise BadInput(f"{ref.kind} {ref.name} is an identity, not an object: there is no manifest.")
        found = await read(self._cluster, ref)
        if found is None:
            return TextView(title, (), self._export(f"{ref.kind} {ref} does not exist (any more)."))
        found.get("metadata", {}).pop("managedFields", None)
        note = "Its values are not fetched: people keep secrets there." if ref.kind == "ConfigMap" else ""
        return TextView(title, tuple((_EMPTY, line) for line in self._export.document(found)), known_safe(note))

    async def logs(self, ref: ResourceRef, previous: bool) -> TextView:
        """The newest lines of every container of a pod."""
        if ref.kind != "Pod":
            raise BadInput(f"Only pods have logs; {ref.kind} {ref} is none.")
        pod = await self._cluster.fetch(ref)
        if pod is None:
            return TextView(self._export.ref(ref), (), self._export(f"Pod {ref} does not exist (any more)."))
        spec = pod.get("spec", {})
        lines: list[Line] = []
        for part in ("initContainers", "containers", "ephemeralContainers"):
            for container in spec.get(part) or ():
                lines += await self._container_log(ref, str(container.get("name", "")), previous)
        which = "previous logs" if previous else "logs"
        return TextView(self._export(f"{which} of {ref}"), tuple(lines))

    async def _container_log(self, ref: ResourceRef, name: str, previous: bool) -> list[Line]:
        query = [("container", name), ("tailLines", str(_LOG_LINES)), ("timestamps", "true"), ("limitBytes", "1000000")]
        if previous:
            query.append(("previous", "true"))
        request = Request("GET", BY_KIND["Pod"].path(ref.namespace, ref.name, "log"), tuple(query), accept="*/*")
        label = self._export(name)
        try:
            reply = await self._cluster.send(request)
        except ApiStatus as error:
            return [(label, self._export(f"no log: {error}"))]
        text = reply.body.decode("utf-8", "replace")
        if reply.status != 200:
            return [(label, self._export(f"no log ({reply.status}): {text[:300]}"))]
        return [(label, line) for line in self._export.lines(text.rstrip("\n"))]

    def timeline(self, title: str, entries: Iterable[Entry], findings: Iterable[Finding], names: set[str]) -> TextView:
        """Everything on record about an object, oldest first."""
        kept = list(entries)
        named = (e.record for e in kept if getattr(e.record, "target", "") in names)
        digests = {str(record.digest) for record in named if hasattr(record, "digest")}
        ours = [e for e in kept if about(e.record, digests, names)]
        moments = [(entry.at, f"{entry.actor}: {entry_row(entry).text}") for entry in ours]
        moments += [(one.first, _finding_words(one)) for one in findings]
        lines = tuple((known_safe(stamp(at)), self._export(text)) for at, text in sorted(moments))
        note = "" if lines else "nothing on record yet"
        return TextView(self._export(f"timeline of {title}"), lines, known_safe(note))

    def brief(self, one: Finding, contained: str) -> TextView:
        """Five lines to paste into a chat."""
        lines = (
            f"{one.severity.upper()} {one.title} — {_target_words(one)}",
            f"who: {doer(one.who)} from {one.who.ip or 'unknown address'}",
            f"when: {stamp(one.first)} to {stamp(one.last)}, {one.count} events, {_sources(one)}",
            f"rule: {one.rule} {' '.join(one.attack)}",
            f"contained: {contained or 'no'}",
        )
        return TextView(known_safe("brief"), tuple((_EMPTY, self._export(line)) for line in lines))


def _sources(one: Finding) -> str:
    return f"source{'s' if len(one.told_by) > 1 else ''} {', '.join(one.told_by)}"


def _story_words(one: Finding, others: Iterable[Finding]) -> str:
    """`3f2a91c0: discovery → credential access, 4 findings since …`; "" while it stands alone."""
    if not one.story:
        return ""
    chain = [other for other in others if other.story == one.story]
    tactics = " → ".join(tactic.replace("-", " ") for tactic in tactics_of(chain))
    return f"{one.story}: {tactics}, {len(chain)} findings since {stamp(min(other.first for other in chain))}"


def _finding_words(one: Finding) -> str:
    return f"{one.severity} {one.title} by {doer(one.who)} ×{one.count}"


def _target_words(one: Finding) -> str:
    on = one.target
    place = f"{on.namespace}/{on.name}" if on.namespace and on.name else on.namespace or on.name
    sub = f"/{on.subresource}" if on.subresource else ""
    return f"{on.kind}{sub} {place}".strip() or on.path
