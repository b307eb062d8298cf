"""What uploads need from subjects above them; services.py plugs those in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from uploadm8.domain.uploads.schemas import NewUpload, PublicationOut, RenditionOut


@dataclass(frozen=True, slots=True)
class PlannedTargets:
    """What the targets of an upload ask of its renditions.

    Attributes:
        platforms: the platforms published to, in no order.
    """

    platforms: tuple[str, ...]


class Publications(Protocol):
    """Posts of uploads, as far as uploads care."""

    async def foresee(self, workspace_id: UUID, new: NewUpload) -> Any:
        """Ask the platforms what the targets' accounts may post now; `plan` takes the answer.

        Never raises for a platform in trouble and waits a second at most: outside a transaction.
        """
        ...

    async def plan(
        self, workspace_id: UUID, user_id: UUID, upload_id: UUID, new: NewUpload, foreseen: Any
    ) -> PlannedTargets:
        """Check the targets and record a draft publication for each, in the transaction."""
        ...

    async def of_uploads(
        self, workspace_id: UUID, upload_ids: Sequence[UUID]
    ) -> dict[UUID, list[PublicationOut]]:
        """The publications of some uploads."""
        ...

    async def may_change(self, upload_id: UUID) -> bool:
        """Whether no publication of the upload has been sent anywhere yet."""
        ...

    async def ids(self, upload_id: UUID) -> list[UUID]:
        """The publications of an upload; jobs that deliver them are about these ids."""
        ...

    async def cancel(self, upload_id: UUID) -> None:
        """Cancel all of an upload's publications that can still be, in the transaction.

        It has called off their jobs and locked the upload.

        Raises:
            ConflictError: code ``too_late`` when one is being committed.
        """
        ...


class HudChoices(Protocol):
    """The workspace's HUDs, as far as uploads care."""

    async def resolve(self, workspace_id: UUID, given: Mapping[str, Any] | None) -> dict[str, Any]:
        """The HUD's document for an upload: what was given, over a saved one, over the settings.

        Raises:
            InvalidRequestError, NotFoundError: it names a saved HUD that is not there.
        """
        ...


class MediaPreflight(Protocol):
    """What platforms say to the video, as far as uploads care."""

    async def note_media(self, upload_id: UUID) -> None:
        """Keep what is known by now about the media with each planned post. Idempotent."""
        ...


class Renditions(Protocol):
    """Files made from uploads, as far as uploads care."""

    async def of_uploads(
        self, workspace_id: UUID, upload_ids: Sequence[UUID]
    ) -> dict[UUID, list[RenditionOut]]:
        """The renditions of some uploads, with fresh download URLs."""
        ...

    async def cancel(self, upload_id: UUID) -> None:
        """Cancel those under way, in the transaction."""
        ...

    async def redo(self, upload_id: UUID) -> None:
        """Have all of them made anew by the next render, in the transaction."""
        ...
