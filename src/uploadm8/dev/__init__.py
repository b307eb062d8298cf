"""The embedded stack, the sample drive and the sandbox; never imported by the product."""
