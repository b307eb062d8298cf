"""What controllers share: problems, pages, limits, idempotency. Knows HTTP, no subject."""
