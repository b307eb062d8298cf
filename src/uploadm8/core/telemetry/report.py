"""Report: collects what was dropped and what the user should know while a track is cleaned."""

from collections import Counter

MAX_WARNINGS = 20


class Report:
    """Counts rows dropped by reason, and keeps the first warnings."""

    def __init__(self, dropped: dict[str, int], warnings: list[str]) -> None:
        self.dropped = Counter({reason: count for reason, count in dropped.items() if count > 0})
        self.warnings = warnings[:MAX_WARNINGS]

    def drop(self, reason: str, count: int) -> None:
        """Count rows lost for this reason; nothing happens for 0."""
        if count > 0:
            self.dropped[reason] += count

    def warn(self, sentence: str) -> None:
        """Tell the user once."""
        if sentence not in self.warnings and len(self.warnings) < MAX_WARNINGS:
            self.warnings.append(sentence)
