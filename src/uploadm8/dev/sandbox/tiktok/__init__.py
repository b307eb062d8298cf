"""TikTok: login, content posting, display data."""
