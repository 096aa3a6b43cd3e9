"""The Pod Security Standards, control by control, as the admission of each Kubernetes version judges them.

In: a pod as it was sent (`surface`). Out: what breaks which control of which level (`judging`). The facts are those of
`k8s.io/pod-security-admission`: ids of controls, the version from which each of their wordings holds, which restricted
control takes the place of a baseline one. Nothing here knows clusters, files or workloads.
"""
