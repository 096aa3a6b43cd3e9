"""Alertmanager: what fires there, asked for in turn (`polling`) or posted by it (`webhook`)."""

from __future__ import annotations

from console.sources.alertmanager.polling import Alertmanager
from console.sources.alertmanager.webhook import AlertmanagerWebhook

__all__ = ["Alertmanager", "AlertmanagerWebhook"]
