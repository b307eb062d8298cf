"""Background work: Postgres remembers, Redis rings."""
