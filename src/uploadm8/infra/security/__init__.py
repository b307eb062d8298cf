"""Passwords, tokens, ciphers and signed values."""
