"""Read the settings as the first thing a process does, or say in plain words why it ends."""

from pydantic import ValidationError

from uploadm8.config import Config


def read_config() -> Config:
    """The settings of this process.

    Raises:
        SystemExit: they cannot be used; its message says what is wrong with which, without values.
    """
    try:
        return Config()
    except ValidationError as error:
        told = "\n".join(f"  {problem}." for problem in problems_of(error))
        raise SystemExit(
            f"UploadM8 refuses to start:\n{told}\nSee docs/configuration.md."
        ) from None


def problems_of(error: ValidationError) -> list[str]:
    """What is wrong with which setting."""
    problems = []
    for one in error.errors(include_input=False, include_url=False, include_context=False):
        name = "".join(f"{part}: ".upper() for part in one["loc"])
        told = one["msg"].removeprefix("Value error, ").split("; ")
        problems += [f"{name}{part}" for part in told]
    return problems
