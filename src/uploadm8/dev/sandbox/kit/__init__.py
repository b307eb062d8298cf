"""What every sandboxed party shares: requests, faults, tokens, consent, media, ledger."""
