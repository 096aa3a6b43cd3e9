"""What a seat draws: panes, modals, parts and pure renderers. Sees `console.ports` and `console.model`, nothing else."""
