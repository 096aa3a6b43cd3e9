"""The composition root: settings in, a running engine or a taken seat out. The only room that imports the adapters."""
