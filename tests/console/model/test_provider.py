"""Whose cluster it is, by what the cloud alone can say of it."""

from __future__ import annotations

import pytest

from console.model.provider import provider_of

SCALE_SET = (
    "azure:///subscriptions/0/resourceGroups/mc_x/providers/Microsoft.Compute/virtualMachineScaleSets/aks-pool-1/0"
)
EC2 = "aws:///eu-west-1a/i-0abc"


@pytest.mark.parametrize(
    ("version", "server", "nodes", "provider"),
    [
        ("v1.30.4-eks-a737599", "https://10.0.0.1", [], "eks"),
        ("v1.30.5-gke.1443001", "https://10.0.0.1", [], "gke"),
        ("v1.30.4", "https://ABC.gr7.eu-west-1.eks.amazonaws.com", [], "eks"),
        ("v1.30.4", "https://prod-1.hcp.westeurope.azmk8s.io:443", [], "aks"),
        ("v1.30.4", "https://10.0.0.1", [SCALE_SET, SCALE_SET], "aks"),
        ("v1.30.4", "https://10.0.0.1", [SCALE_SET, ""], ""),  # whoever may make a node may call it so
        ("v1.30.4", "https://10.0.0.1", [EC2, EC2], ""),  # machines in a cloud, a control plane of one's own
        ("v1.30.4+k3s1", "https://eks.amazonaws.com.evil.example", [], ""),
        ("", "", [], ""),
    ],
)
def test_a_cluster_is_a_providers_when_the_provider_says_so(
    version: str, server: str, nodes: list[str], provider: str
) -> None:
    assert provider_of(version, server, nodes) == provider
