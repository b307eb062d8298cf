"""Where the piccolo command finds the engine and the tables."""

import os
from pathlib import Path

from dotenv import dotenv_values
from piccolo.conf.apps import AppRegistry

from uploadm8.infra.db.engine import DB

# The running development stack leaves its DATABASE_URL here.
_env = {**dotenv_values(".env"), **dotenv_values(Path(".uploadm8") / "dev.env"), **os.environ}
if _env.get("DATABASE_URL"):
    DB.configure(str(_env["DATABASE_URL"]), application="piccolo")

APP_REGISTRY = AppRegistry(apps=["uploadm8.piccolo_app"])

__all__ = ["APP_REGISTRY", "DB"]
