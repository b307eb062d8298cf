"""A strict stand-in for every outside party: TikTok, Google, Meta, Mailgun, Discord."""

from uploadm8.dev.sandbox.app import create_app
from uploadm8.dev.sandbox.config import SandboxConfig, Settings, sandbox_env, webhook_urls

__all__ = ["SandboxConfig", "Settings", "create_app", "sandbox_env", "webhook_urls"]
