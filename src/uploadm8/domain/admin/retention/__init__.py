"""Forgetting: what is kept, for how long, and who removes it when its time is over."""
