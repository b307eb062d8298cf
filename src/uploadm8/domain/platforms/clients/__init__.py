"""Clients of TikTok, YouTube, Instagram and Facebook: HTTP in, typed results out, no database."""
