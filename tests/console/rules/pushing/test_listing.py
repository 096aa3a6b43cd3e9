"""What a search cluster is not asked for is listed, with the reason, and nothing else is."""

from __future__ import annotations

from console.rules.loading import load_rules
from console.rules.pushing.listing import render, unasked

RAW, AGENT = "raw audit events", "Elastic Agent"


def test_of_raw_events_all_is_asked_but_what_needs_the_whole_trail() -> None:
    kept = unasked(load_rules().rules)[RAW]
    assert set(kept) == {rule.id for rule in load_rules().rules if rule.first}
    assert len(kept) >= 7


def test_of_elastic_agents_documents_the_missing_field_is_named() -> None:
    kept = unasked(load_rules().rules)[AGENT]
    assert kept["K8S-PRIVILEGED"].endswith("requestObject.metadata")
    assert "K8S-SECRETS-DUMP" not in kept


def test_the_document_counts_what_it_lists() -> None:
    rules = load_rules().rules
    audit = [rule for rule in rules if rule.reads == "audit"]
    (row,) = [line for line in render(rules).splitlines() if line.startswith(f"| {AGENT} |")]
    assert f"| {len(audit) - len(unasked(rules)[AGENT])} |" in row
    assert row.count("`") == 2 * len(unasked(rules)[AGENT])
