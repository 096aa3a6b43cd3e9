"""What a seat draws: panes, modals, parts, pure renderers. Sees `console.ports` and `console.model`, nothing else."""
