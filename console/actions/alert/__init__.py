"""Actions on alerts at Alertmanager. They write there and nothing in the cluster."""
