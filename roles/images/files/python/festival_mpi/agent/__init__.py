"""The half in the worker containers: one agent beside each rank."""
