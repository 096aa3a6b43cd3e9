"""Job and CronJob controllers."""

from __future__ import annotations

from datetime import UTC, datetime

from console.drill.controllers.hand import Hand
from console.drill.controllers.pods import claim, is_active, is_ready, make, owned_by, reference, remove
from console.drill.resources import Body, api_version, kind_named
from console.drill.times import epoch, seconds

_UID = ("batch.kubernetes.io/controller-uid", "controller-uid")
_NAME = ("batch.kubernetes.io/job-name", "job-name")


def jobs(hand: Hand) -> None:
    """One round over all Jobs. A suspended Job loses its running pods."""
    for each in hand.store.all("Job"):
        if not each["spec"].get("selector"):
            _label(hand, each)
        elif "deletionTimestamp" not in each["metadata"] and not is_complete(each):
            _work(hand, each)


def _label(hand: Hand, job: Body) -> None:
    """What the API server adds at creation: the uid as selector and labels."""
    metadata, template = job["metadata"], job["spec"]["template"]
    labels = dict.fromkeys(_UID, metadata["uid"]) | dict.fromkeys(_NAME, metadata["name"])
    inner = template.get("metadata") or {}
    whole = {**template, "metadata": {**inner, "labels": {**(inner.get("labels") or {}), **labels}}}
    spec = {**job["spec"], "selector": {"matchLabels": {_UID[0]: metadata["uid"]}}, "template": whole}
    with_labels = {**(metadata.get("labels") or {}), **labels}
    hand.store.write("Job", {**job, "metadata": {**metadata, "labels": with_labels}, "spec": spec})


def _work(hand: Hand, job: Body) -> None:
    spec = job["spec"]
    pods = claim(hand, job)
    active = [pod for pod in pods if is_active(pod)]
    done = sum(pod.get("status", {}).get("phase") == "Succeeded" for pod in pods)
    if spec.get("suspend"):
        for pod in active:
            remove(hand, job, pod)
        active = []
    else:
        for _ in range(min(spec.get("parallelism", 1), spec.get("completions", 1) - done) - len(active)):
            made = make(hand, job, {})
            active += [made] if made else []
    hand.status("Job", job, _status(hand, job, active, done))


def _status(hand: Hand, job: Body, active: list[Body], done: int) -> Body:
    spec, old = job["spec"], job.get("status") or {}
    status: Body = {"uncountedTerminatedPods": {}, "terminating": 0, "ready": sum(map(is_ready, active))}
    if not spec.get("suspend"):
        status["startTime"] = old.get("startTime") or hand.stamp()
    status |= {key: value for key, value in (("active", len(active)), ("succeeded", done)) if value}
    stamp = hand.stamp()
    blank = {"status": "True", "lastProbeTime": stamp, "lastTransitionTime": stamp}
    if done >= spec.get("completions", 1):
        status["completionTime"] = stamp
        why = {"reason": "CompletionsReached", "message": "Reached expected number of succeeded pods"}
        status["conditions"] = [{"type": kind, **blank, **why} for kind in ("SuccessCriteriaMet", "Complete")]
    elif spec.get("suspend"):
        before = [each for each in old.get("conditions") or () if each["type"] == "Suspended"]
        why = {"reason": "JobSuspended", "message": "Job suspended"}
        status["conditions"] = before or [{"type": "Suspended", **blank, **why}]
    return status


def is_complete(job: Body) -> bool:
    """Whether the Job has ended."""
    conditions = job.get("status", {}).get("conditions") or ()
    return any(each["type"] in ("Complete", "Failed") and each["status"] == "True" for each in conditions)


def cronjobs(hand: Hand) -> None:
    """One round over all CronJobs: a Job when a minute of the schedule has come; old finished ones go."""
    for each in hand.store.all("CronJob"):
        owned = [job for job in hand.store.all("Job", each["metadata"]["namespace"]) if owned_by(job, each)]
        running = [job for job in owned if not is_complete(job)]
        status = {key: value for key, value in (each.get("status") or {}).items() if key != "active"}
        due = int(hand.now() // 60) * 60
        if not each["spec"].get("suspend") and _is_due(each, due):
            status["lastScheduleTime"] = seconds(due)
            if not (running and each["spec"].get("concurrencyPolicy") == "Forbid"):
                made = hand.create("Job", each["metadata"]["namespace"], _job_of(each, due))
                running += [made] if made else []
        if running:
            status["active"] = [_active(job) for job in running]
        hand.status("CronJob", each, status)
        finished = sorted((job for job in owned if is_complete(job)), key=lambda job: job["metadata"]["name"])
        for job in finished[: max(0, len(finished) - each["spec"].get("successfulJobsHistoryLimit", 3))]:
            hand.delete("Job", job)


def _is_due(cronjob: Body, minute: int) -> bool:
    last = (cronjob.get("status") or {}).get("lastScheduleTime") or cronjob["metadata"]["creationTimestamp"]
    return minute > epoch(last) and on_schedule(cronjob["spec"]["schedule"], minute)


def on_schedule(schedule: str, at: float) -> bool:
    """Whether a five-field schedule of `*`, `*/n`, numbers, ranges and lists names this minute."""
    when = datetime.fromtimestamp(at, UTC)
    fields = schedule.split()
    values = (when.minute, when.hour, when.day, when.month, when.isoweekday() % 7)
    return len(fields) == 5 and all(_names(field, value) for field, value in zip(fields, values, strict=True))


def _names(field: str, value: int) -> bool:
    for part in field.split(","):
        span, _, step = part.partition("/")
        low, _, high = span.partition("-")
        if span != "*" and not int(low) <= value <= int(high or low):
            continue
        if (value - (0 if span == "*" else int(low))) % int(step or 1) == 0:
            return True
    return False


def _job_of(cronjob: Body, minute: int) -> Body:
    metadata, template = cronjob["metadata"], cronjob["spec"]["jobTemplate"]
    inner = template.get("metadata") or {}
    named = {"name": f"{metadata['name']}-{minute // 60}", "ownerReferences": [reference(cronjob)]}
    annotations = {
        **(inner.get("annotations") or {}),
        "batch.kubernetes.io/cronjob-scheduled-timestamp": seconds(minute),
    }
    head = {"kind": "Job", "apiVersion": "batch/v1"}
    return {**head, "metadata": {**inner, **named, "annotations": annotations}, "spec": template["spec"]}


def _active(job: Body) -> Body:
    metadata = job["metadata"]
    head = {"apiVersion": api_version(kind_named("Job")), "kind": "Job"}
    return {**head, **{key: metadata[key] for key in ("name", "namespace", "uid", "resourceVersion")}}
