"""What rules are chosen by, and nothing else of an audit event: most events need not be read any further.

An event is read as this only where the API server's own names and types are found; its values are those of the event
read in full (`console.model.audit`).
"""

from __future__ import annotations

from typing import Annotated

import msgspec

DECISION = "authorization.k8s.io/decision"
_Text = Annotated[str, msgspec.Meta(min_length=1)]


class _User(msgspec.Struct, gc=False):
    username: str = ""


class _Reference(msgspec.Struct, gc=False):
    resource: str = ""
    subresource: str = ""


class _Status(msgspec.Struct, gc=False):
    code: int = 0


class _Notes(msgspec.Struct, gc=False):
    decision: str = msgspec.field(default="", name=DECISION)

    def get(self, name: str) -> str | None:
        """As the annotations themselves would answer, for the decision."""
        return self.decision if name == DECISION else None


class Glimpse(msgspec.Struct, rename="camel", gc=False, kw_only=True):
    audit_id: _Text = msgspec.field(name="auditID")
    stage: _Text
    verb: _Text
    user: _User = msgspec.field(default_factory=_User)
    impersonated_user: _User | None = None
    source_ips: list[str] | None = msgspec.field(default=None, name="sourceIPs")
    request_received_timestamp: str = ""
    user_agent: str = ""
    object_ref: _Reference | None = None
    response_status: _Status | None = None
    request_uri: str = msgspec.field(default="", name="requestURI")
    annotations: _Notes | None = None
