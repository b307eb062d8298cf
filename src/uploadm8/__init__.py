"""UploadM8: one upload, a HUD in every frame, a post on every platform, exactly once."""

__version__ = "0.1.0"
