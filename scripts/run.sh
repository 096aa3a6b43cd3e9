#!/usr/bin/env bash
# What `make run` starts: the war room on the current context, or the drill where there is no cluster to open.
# A kubeconfig that exists but is unusable is the war room's to explain: only its absence means a drill.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
warroom=${WARROOM:-$root/.venv/bin/warroom}

has_kubeconfig() { # any file that could be meant: which of them counts is the war room's to say
  local paths path
  IFS=: read -ra paths <<<"${KUBECONFIG:-}:${HOME:-}/.kube/config"
  for path in "${paths[@]}"; do if [ -n "$path" ] && [ -e "$path" ]; then return 0; fi; done
  return 1
}

if has_kubeconfig || [ -n "${KUBERNETES_SERVICE_HOST:-}" ]; then exec "$warroom" "$@"; fi
if [ -t 0 ] && [ -t 1 ]; then
  echo "No kubeconfig and not in a pod: starting the drill, a simulated cluster."
  exec "$warroom" drill "$@"
fi
echo "No kubeconfig, not in a pod and no terminal: playing the drill headless, on a simulated cluster."
exec "$warroom" drill --headless "$@"
