"""Adapters: each module knows one outside thing."""
