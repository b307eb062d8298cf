"""Saved HUDs: documents that a workspace keeps under a name, and the choice of one for an upload."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from uploadm8.core.hud.validate import validate_spec
from uploadm8.domain.settings.service import SettingsService
from uploadm8.domain.settings.tables import HudLayout
from uploadm8.errors import ConflictError, FieldError, InvalidRequestError, NotFoundError
from uploadm8.infra.clock import now
from uploadm8.infra.ids import new_id

MOST = 100


class LayoutIn(Struct, kw_only=True, forbid_unknown_fields=True):
    """A HUD to save: a name that is unique in the workspace, and the document of docs/hud.md."""

    name: Annotated[str, Meta(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f]+$")]
    hud: dict[str, Any]


class LayoutOut(Struct, kw_only=True):
    """A saved HUD; presign takes it as `{"hud": {"layout_id": id}}`."""

    id: UUID
    name: str
    hud: dict[str, Any]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class HudLayouts:
    """Saved HUDs of a workspace."""

    settings: SettingsService

    async def resolve(self, workspace_id: UUID, given: Mapping[str, Any] | None) -> dict[str, Any]:
        """The document for an upload: what was given, over a saved one, over the settings.

        Raises:
            InvalidRequestError: ``invalid_hud``: `layout_id` is no id.
            NotFoundError: ``layout_not_found``.
        """
        settings = await self.settings.get(workspace_id)
        wanted = dict(given or {})
        saved: dict[str, Any] = {}
        if (layout := wanted.pop("layout_id", None)) is not None:
            saved = (await self.get(workspace_id, _id_of(layout))).hud
        return {"units": settings.units} | settings.hud | saved | wanted

    async def listing(
        self, workspace_id: UUID, limit: int, before: UUID | None
    ) -> Sequence[LayoutOut]:
        """Newest first."""
        query = HudLayout.select().where(HudLayout.workspace == workspace_id)
        if before is not None:
            query = query.where(HudLayout.id < before)
        return [
            _out(row) for row in await query.order_by(HudLayout.id, ascending=False).limit(limit)
        ]

    async def get(self, workspace_id: UUID, layout_id: UUID) -> LayoutOut:
        """One of them.

        Raises:
            NotFoundError: ``layout_not_found``.
        """
        row = await (
            HudLayout.select()
            .where(HudLayout.id == layout_id, HudLayout.workspace == workspace_id)
            .first()
        )
        if row is None:
            raise _not_found()
        return _out(row)

    async def save(self, workspace_id: UUID, new: LayoutIn) -> LayoutOut:
        """Keep a HUD under a new name.

        Raises:
            InvalidRequestError: ``invalid_hud``, naming the field.
            ConflictError: ``layout_name_taken`` or ``too_many_layouts``.
        """
        spec = msgspec.to_builtins(validate_spec(new.hud))
        if await HudLayout.count().where(HudLayout.workspace == workspace_id) >= MOST:
            raise ConflictError(
                f"A workspace keeps at most {MOST} HUDs.",
                code="too_many_layouts",
                action="Delete one that is not used.",
            )
        row = HudLayout(
            id=new_id(), workspace=workspace_id, name=new.name.strip(), spec=_json(spec)
        )
        made = await (
            HudLayout.insert(row)
            .on_conflict(target=(HudLayout.workspace, HudLayout.name), action="DO NOTHING")
            .returning(HudLayout.id)
        )
        if not made:
            raise _name_taken()
        return await self.get(workspace_id, row.id)

    async def replace(self, workspace_id: UUID, layout_id: UUID, new: LayoutIn) -> LayoutOut:
        """Change name and document; uploads that used it keep what they were made with.

        Raises:
            NotFoundError: ``layout_not_found``.
            InvalidRequestError: ``invalid_hud``, naming the field.
            ConflictError: ``layout_name_taken``.
        """
        spec = msgspec.to_builtins(validate_spec(new.hud))
        name = new.name.strip()
        taken = await HudLayout.exists().where(
            HudLayout.workspace == workspace_id,
            HudLayout.name == name,
            HudLayout.id != layout_id,
        )
        if taken:
            raise _name_taken()
        rows = await (
            HudLayout.update(
                {HudLayout.name: name, HudLayout.spec: _json(spec), HudLayout.updated_at: now()}
            )
            .where(HudLayout.id == layout_id, HudLayout.workspace == workspace_id)
            .returning(HudLayout.id)
        )
        if not rows:
            raise _not_found()
        return await self.get(workspace_id, layout_id)

    async def delete(self, workspace_id: UUID, layout_id: UUID) -> None:
        """Forget it.

        Raises:
            NotFoundError: ``layout_not_found``.
        """
        rows = await (
            HudLayout.delete()
            .where(HudLayout.id == layout_id, HudLayout.workspace == workspace_id)
            .returning(HudLayout.id)
        )
        if not rows:
            raise _not_found()


def _id_of(given: object) -> UUID:
    try:
        return UUID(str(given))
    except ValueError:
        raise InvalidRequestError(
            "hud.layout_id is not an id.",
            code="invalid_hud",
            fields=[FieldError("hud.layout_id", "must be the id of a saved HUD")],
        ) from None


def _json(spec: object) -> str:
    return msgspec.json.encode(spec).decode()


def _name_taken() -> ConflictError:
    return ConflictError(
        "There is a HUD of that name already.",
        code="layout_name_taken",
        action="Choose another name, or change the one that has it.",
    )


def _not_found() -> NotFoundError:
    return NotFoundError("There is no such HUD in this workspace.", code="layout_not_found")


def _out(row: Mapping[str, Any]) -> LayoutOut:
    spec = row["spec"]
    return LayoutOut(
        id=row["id"],
        name=row["name"],
        hud=msgspec.json.decode(spec) if isinstance(spec, str) else spec,
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
