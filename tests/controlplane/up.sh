#!/usr/bin/env bash
# Starts a real control plane on loopback: etcd, kube-apiserver (RBAC, audit log), controller-manager, scheduler,
# and kwok's nodes with logs, exec, port-forward and metrics (kwok.yaml and exec.yaml, copied to the state folder).
# usage: D=state-folder CP=controlplane-binary [P=26443] [SEED=folder-or-tar] [OWNER=pid] [AUDIT=policy-file] up.sh [up]
#        D=... CP=... P=... up.sh start PART        starts one part again, after a test killed it
#        D=... up.sh stop                           in the order that takes 4 s (all at once takes 30 s)
#        D=... up.sh seed FILE                      after stop: packs what SEED needs (etcd, CA, keys, certificates)
# ports: P apiserver, P+1 and P+2 etcd, P+3 kubelet (the apiserver's certificate only), P+4 kwok (plain http, metrics)
# D/audit-webhook.kubeconfig: when it is there as the apiserver starts, audit events are posted to the server it names, too.
# OWNER: when that process is gone, so is everything started here and its state folder (a killed test run leaves nothing behind).
set -euo pipefail
: "${D:?state folder}"
P=${P:-26443}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

cert() { # file CN O
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$2/O=$3" 2>/dev/null
  openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -out "$1.crt" \
    -extfile <(printf 'subjectAltName=DNS:localhost,DNS:kubernetes,IP:127.0.0.1,IP:10.96.0.1') 2>/dev/null
}

certificates() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=test-ca -keyout ca.key -out ca.crt 2>/dev/null
  cert server kube-apiserver test
  cert kubelet-client kube-apiserver-kubelet-client system:masters
  cert admin admin system:masters
  cert responder responder ir-team
  cert kcm system:kube-controller-manager test
  cert scheduler system:kube-scheduler test
  cert kwok kwok test # an identity of its own, so that its writes are told from the tests' in the audit log
  openssl ecparam -genkey -name prime256v1 -noout -out sa.key
}

kubeconfig() {
  cat >"$1.kubeconfig" <<K
apiVersion: v1
kind: Config
clusters: [{name: test, cluster: {server: "https://127.0.0.1:$P", certificate-authority: $D/ca.crt}}]
users: [{name: $1, user: {client-certificate: $D/$1.crt, client-key: $D/$1.key}}]
contexts: [{name: test, context: {cluster: test, user: $1}}]
current-context: test
K
  chmod 600 "$1.kubeconfig"
}

configuration() {
  local file user
  for user in admin responder kcm scheduler kwok; do kubeconfig "$user"; done
  if [ -n "${AUDIT:-}" ]; then cp "$AUDIT" audit.yaml; else cat >audit.yaml <<'A'
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- {level: Metadata, resources: [{group: "", resources: [secrets, configmaps, serviceaccounts/token]}]}
- {level: None, users: ["system:kube-controller-manager", "system:kube-scheduler", "system:apiserver"]}
- {level: RequestResponse, verbs: [create, update, patch, delete]}
- {level: Metadata}
A
  fi
  "$CP" stages stages.yaml
  cp "$here/exec.yaml" .
  sed "s/KWOK_PORT/$((P+4))/" "$here/kwok.yaml" >kwok.yaml
  mkdir -p logs
  for file in current previous; do
    printf '%s stdout F a line of the %s log\n' "$(date -u +%Y-%m-%dT%H:%M:%S.%NZ)" "$file" >"logs/$file.log"
  done
}

run() { local name=$1; shift; setsid "$CP" "$@" >>"$name.log" 2>&1 </dev/null & echo $! >"$name.pid"; }

start() {
  case $1 in
  etcd) run etcd etcd "$D/etcd" "http://127.0.0.1:$((P+1))" "http://127.0.0.1:$((P+2))" ;;
  apiserver)
    local webhook=()
    if [ -f audit-webhook.kubeconfig ]; then # as by default, but quicker: a batch every 200 ms, sent five times within 24 s
      webhook=(--audit-webhook-config-file=audit-webhook.kubeconfig --audit-webhook-batch-max-wait=200ms
        --audit-webhook-initial-backoff=3s)
    fi
    run apiserver apiserver --etcd-servers="http://127.0.0.1:$((P+1))" --secure-port="$P" --bind-address=127.0.0.1 \
      --cert-dir="$D" --tls-cert-file=server.crt --tls-private-key-file=server.key --client-ca-file=ca.crt \
      --kubelet-client-certificate=kubelet-client.crt --kubelet-client-key=kubelet-client.key --kubelet-certificate-authority=ca.crt \
      --kubelet-preferred-address-types=InternalIP --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction \
      --service-account-issuer=https://kubernetes.default.svc --service-account-key-file=sa.key --service-account-signing-key-file=sa.key \
      --service-cluster-ip-range=10.96.0.0/16 --audit-policy-file=audit.yaml --audit-log-path="$D/audit.log" --audit-log-maxsize=200 \
      --allow-privileged=true "${webhook[@]}"
    ready ;;
  controller-manager)
    run controller-manager controller-manager --kubeconfig=kcm.kubeconfig --service-account-private-key-file=sa.key --root-ca-file=ca.crt \
      --use-service-account-credentials=true --controllers='*,-nodeipam,-route' --leader-elect=false --secure-port=0 \
      --cluster-signing-cert-file=ca.crt --cluster-signing-key-file=ca.key --kube-api-qps=500 --kube-api-burst=1000 ;; # else 4 s to warm up
  scheduler) run scheduler scheduler --kubeconfig=scheduler.kubeconfig --leader-elect=false --secure-port=0 --kube-api-qps=500 --kube-api-burst=1000 ;;
  nodes)
    # Without leases every node is lost within a minute, and its pods are not ready from then on; without a node name
    # kwok drops a node's addresses when it makes the node ready a second time. Leases of a kwok before this one (a
    # seed's, a killed part's) would keep it from its nodes for 40 s.
    "$CP" kubectl --kubeconfig=kwok.kubeconfig delete --raw /apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases >/dev/null
    run nodes nodes "127.0.0.1:$((P+3))" "127.0.0.1:$((P+4))" exec.yaml --kubeconfig=kwok.kubeconfig --manage-all-nodes=true \
      --node-ip=127.0.0.1 --node-name=localhost --node-port=$((P+3)) --node-lease-duration-seconds=40 --config=stages.yaml --config=kwok.yaml ;;
  *) echo "up.sh: no part $1" >&2; exit 2 ;;
  esac
}

ready() {
  local _
  for _ in $(seq 240); do
    if curl -s --cacert ca.crt --cert admin.crt --key admin.key "https://127.0.0.1:$P/readyz" 2>/dev/null | grep -qx ok; then return; fi
    sleep 0.125
  done
  echo "the API server is not ready after 30 s; its log ends:" >&2; tail -n 5 apiserver.log >&2; exit 1
}

kwok_rights() {
  "$CP" kubectl --kubeconfig=admin.kubeconfig apply -f - >/dev/null <<'R'
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: kwok}
rules:
- {apiGroups: [""], resources: [nodes, pods], verbs: [get, list, watch, create, update, patch, delete]}
- {apiGroups: [""], resources: [nodes/status, pods/status], verbs: [update, patch]}
- {apiGroups: [""], resources: [events], verbs: [create, update, patch]}
- {apiGroups: [coordination.k8s.io], resources: [leases], verbs: [get, list, watch, create, update, patch, delete, deletecollection]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: kwok}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: kwok}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: kwok}]
R
}

alive() { # a zombie that nobody has reaped yet is gone
  local state
  [ -s "$1.pid" ] && read -r _ _ state _ 2>/dev/null <"/proc/$(cat "$1.pid")/stat" && [ "$state" != Z ]
}

stop() {
  local part _
  for part in nodes scheduler controller-manager apiserver etcd; do
    alive "$part" || continue
    kill "$(cat "$part.pid")"
    for _ in $(seq 80); do alive "$part" || break; sleep 0.05; done
    if alive "$part"; then kill -9 "$(cat "$part.pid")" 2>/dev/null || true; fi
  done
}

watch_owner() { # runs for as long as the state folder is there: parts come and go
  trap '' HUP
  while kill -0 "$OWNER" 2>/dev/null; do [ -d "$D" ] || exit 0; sleep 1; done
  for file in *.pid; do kill -9 "$(cat "$file")" 2>/dev/null || true; done
  rm -rf "$D"
}

case ${1:-up} in
up)
  : "${CP:?controlplane binary}"
  rm -rf "$D"; mkdir -p "$D"; chmod 700 "$D"; cd "$D"
  if [ -z "${SEED:-}" ]; then certificates
  elif [ -d "$SEED" ]; then cp -a "$SEED/." .
  else tar -xf "$SEED"; fi
  configuration
  start etcd
  if [ -n "${OWNER:-}" ]; then watch_owner >/dev/null 2>&1 </dev/null & fi
  for part in apiserver controller-manager scheduler; do start "$part"; done
  kwok_rights
  start nodes ;;
start) : "${CP:?controlplane binary}" "${2:?part}"; cd "$D"; start "$2" ;;
stop) cd "$D"; stop ;;
seed) cd "$D"; tar -cSf "${2:?file}" etcd ./*.crt ./*.key ;;
*) echo "up.sh: what is $1?" >&2; exit 2 ;;
esac
