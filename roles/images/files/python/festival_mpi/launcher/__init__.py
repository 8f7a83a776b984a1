"""The half in the master: the job from its script to its results, and all of its ranks."""
