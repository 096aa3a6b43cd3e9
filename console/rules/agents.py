"""Which program a request says it came from, by its User-Agent. A hint, never proof: the caller chooses it.

Tools: `component` (a part of Kubernetes), `kubectl`, `scanner` (attack and audit tools), `script` (HTTP libraries and
fetchers), `browser`, `none`, `other`.
"""

from __future__ import annotations

import re2

_COMPONENT = re2.compile(
    r"^(kube-|cloud-|aws-cloud-|azure-cloud-)?(controller-manager|apiserver|scheduler|kubelet|kubeadm|proxy)/"
    r"|^(k3s|rke2|hyperkube|gke-|konnectivity)"
)
_SCANNER = re2.compile(
    r"(?i)kube-?hunter|kubescape|trufflehog|peirates|kubeletctl|nuclei|\bcdk\b|kdigger|red-kube|kubesploit|masscan|zgrab"
    r"|nmap|nikto|sqlmap|gobuster|dirbuster|wpscan|stratus-red-team|kubestriker|metasploit|kubestalk|kubeaudit|botb"
    r"|rakkess|rbac-lookup|kubectl-who-can|access-matrix|badpods|icekube|kubehound|gitleaks|censys|shodan|leakix"
)
_SCRIPT = re2.compile(
    r"(?i)^(curl|wget|python|python-requests|aiohttp|httpie|go-http-client|java/|okhttp|axios|node-fetch|undici|ruby|perl"
    r"|lwp|libwww|powershell|mozilla/5\.0 \(windows nt;|http\.rb|guzzle|php|scrapy|postman|insomnia|busybox"
    r"|restsharp|winhttp|resty|go-resty)"
)
_BROWSER = re2.compile(r"(?i)^(mozilla|opera|chrome|safari)/")
PEOPLES = ("kubectl", "oc/", "k9s", "Lens", "Helm/", "helm/")
"""How programs begin that people use to work with a cluster."""
PATTERNS: dict[str, str] = {
    "component": _COMPONENT.pattern, "scanner": _SCANNER.pattern, "script": _SCRIPT.pattern, "browser": _BROWSER.pattern
}  # fmt: skip
"""What those tools have in their names that are known by a pattern."""
_REMEMBERED = 20_000
_known: dict[str, str] = {}


def tool_of(agent: str) -> str:
    """The tool a User-Agent names; remembered, since few agents send all requests."""
    tool = _known.get(agent)
    if tool is None:
        if len(_known) >= _REMEMBERED:  # an attacker who changes it with each request must not fill memory
            _known.clear()
        tool = _known[agent] = _judge(agent[:400])
    return tool


def _judge(agent: str) -> str:
    if not agent:
        return "none"
    if _COMPONENT.search(agent):
        return "component"
    if _SCANNER.search(agent):
        return "scanner"
    if agent.startswith(PEOPLES):
        return "kubectl"
    if _SCRIPT.search(agent):
        return "script"
    return "browser" if _BROWSER.search(agent) else "other"
