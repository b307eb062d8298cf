"""Caption templates: kept per workspace, checked before they are saved, put in at publishing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from uploadm8.domain.billing.gate import Gate
from uploadm8.domain.billing.plans import Feature
from uploadm8.domain.captions.schemas import CaptionPreview, TemplateIn, TemplateOut
from uploadm8.domain.captions.tables import CaptionTemplate
from uploadm8.domain.captions.template import problems, render
from uploadm8.domain.captions.variables import EXAMPLES, VARIABLES
from uploadm8.domain.captions.videos import values_for
from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.platforms.clients.findings import Proposal
from uploadm8.domain.platforms.clients.options import read_options
from uploadm8.domain.platforms.clients.preflight import preflight
from uploadm8.domain.uploads.ownership import own_upload
from uploadm8.errors import ConflictError, FieldError, InvalidRequestError, NotFoundError
from uploadm8.findings import Severity
from uploadm8.infra.audit.actions import Action
from uploadm8.infra.audit.record import record
from uploadm8.infra.clock import now
from uploadm8.infra.db.json_columns import json_of, to_json
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.ids import new_id

MAX_TEMPLATES = 100


@dataclass(frozen=True, slots=True)
class CaptionTemplates:
    """Every method is scoped by the workspace."""

    gate: Gate

    async def list(self, workspace_id: UUID) -> list[TemplateOut]:
        """Every template, by name; readable on any tier."""
        rows = await (
            CaptionTemplate.select()
            .where(CaptionTemplate.workspace == workspace_id)
            .order_by(CaptionTemplate.name)
        )
        return [_out(row) for row in rows]

    async def get(self, workspace_id: UUID, template_id: UUID) -> TemplateOut:
        """One template.

        Raises:
            NotFoundError: there is no such one in the workspace.
        """
        return _out(await _row(workspace_id, template_id))

    async def create(self, workspace_id: UUID, new: TemplateIn) -> TemplateOut:
        """Keep a template.

        Raises:
            PaymentRequiredError: the tier has none.
            InvalidRequestError: naming what is wrong with its texts.
            ConflictError: the name is taken, or there are too many.
        """
        await self.gate.require(workspace_id, Feature.CAPTION_TEMPLATES)
        _check(new)
        count = await CaptionTemplate.count().where(CaptionTemplate.workspace == workspace_id)
        if count >= MAX_TEMPLATES:
            raise ConflictError(
                f"There are {MAX_TEMPLATES} templates already.",
                code="too_many_templates",
                action="Remove one that is not used.",
            )
        return await self._store(workspace_id, new_id(), new)

    async def replace(self, workspace_id: UUID, template_id: UUID, new: TemplateIn) -> TemplateOut:
        """Replace a template; posts planned before keep the text they were planned with.

        Raises:
            NotFoundError: there is no such one in the workspace.
            PaymentRequiredError, InvalidRequestError, ConflictError: as `create`.
        """
        await _row(workspace_id, template_id)
        await self.gate.require(workspace_id, Feature.CAPTION_TEMPLATES)
        _check(new)
        return await self._store(workspace_id, template_id, new)

    async def remove(self, workspace_id: UUID, template_id: UUID) -> None:
        """Remove a template; posts planned with it keep its text.

        Raises:
            NotFoundError: there is no such one in the workspace.
        """
        async with transaction():
            await _row(workspace_id, template_id)
            await CaptionTemplate.delete().where(CaptionTemplate.id == template_id)
            await _note(workspace_id, template_id, "removed")

    async def preview(
        self, workspace_id: UUID, template_id: UUID, upload_id: UUID
    ) -> CaptionPreview:
        """What a template makes of an upload, as far as that is known by now.

        Raises:
            NotFoundError: there is no such template or upload in the workspace.
        """
        row = await _row(workspace_id, template_id)
        upload = await own_upload(workspace_id, upload_id)
        values = await values_for(upload)
        return CaptionPreview(
            upload_id=upload_id,
            captions={
                one.value: render(_text_of(row, one), values | {"platform": one.label})
                for one in Platform
            },
            missing=sorted(
                name for name in set(VARIABLES) - {"account", "platform"} if not values[name]
            ),
        )

    async def text(self, workspace_id: UUID, template_id: UUID, platform: Platform) -> str:
        """The text for one platform, for those who plan posts.

        Raises:
            InvalidRequestError: there is no such template in the workspace.
            PaymentRequiredError: the tier has none.
        """
        await self.gate.require(workspace_id, Feature.CAPTION_TEMPLATES)
        try:
            row = await _row(workspace_id, template_id)
        except NotFoundError:
            raise InvalidRequestError(
                "caption_template_id: there is no such template in this workspace.",
                code="template_not_found",
                fields=[FieldError("caption_template_id", "no such template in this workspace")],
            ) from None
        return _text_of(row, platform)

    async def _store(self, workspace_id: UUID, template_id: UUID, new: TemplateIn) -> TemplateOut:
        async with transaction():
            rows = await CaptionTemplate.raw(
                "INSERT INTO caption_templates (id, workspace, name, text, by_platform)"
                " SELECT {}, {}, {}, {}, {} WHERE NOT EXISTS (SELECT 1 FROM caption_templates"
                " WHERE workspace={} AND name={} AND id<>{})"
                " ON CONFLICT (id) DO UPDATE SET name=EXCLUDED.name, text=EXCLUDED.text,"
                " by_platform=EXCLUDED.by_platform, updated_at={} RETURNING id",
                template_id,
                workspace_id,
                new.name.strip(),
                new.text,
                to_json(new.by_platform),
                workspace_id,
                new.name.strip(),
                template_id,
                now(),
            )
            if not rows:
                raise ConflictError(
                    f"There is a template named {new.name.strip()} already.",
                    code="template_name_taken",
                    action="Choose another name.",
                )
            await _note(workspace_id, template_id, "saved")
        return await self.get(workspace_id, template_id)


async def _note(workspace_id: UUID, template_id: UUID, what: str) -> None:
    await record(
        Action.TEMPLATE_CHANGED,
        workspace_id=workspace_id,
        subject=("template", template_id),
        details={"what": what},
    )


async def _row(workspace_id: UUID, template_id: UUID) -> dict[str, Any]:
    row = await (
        CaptionTemplate.select()
        .where(CaptionTemplate.id == template_id, CaptionTemplate.workspace == workspace_id)
        .first()
    )
    if row is None:
        raise NotFoundError("There is no such caption template.")
    return row


def _text_of(row: Mapping[str, Any], platform: Platform) -> str:
    text: str = json_of(row["by_platform"]).get(platform.value) or row["text"]
    return text


def _check(new: TemplateIn) -> None:
    """Refuse unknown variables, and texts that a platform would refuse with example values."""
    wrong = [FieldError("text", told) for told in problems(new.text)]
    if not new.name.strip():
        wrong.append(FieldError("name", "is empty"))
    for platform, text in new.by_platform.items():
        wrong += [FieldError(f"by_platform.{platform}", told) for told in problems(text)]
    if not wrong:
        wrong = _refused(new)
    if wrong:
        first = wrong[0]
        raise InvalidRequestError(
            f"{first.field}: {first.message}.",
            code="invalid_template",
            action="GET /api/caption-templates lists the variables.",
            fields=wrong,
        )


def _refused(new: TemplateIn) -> list[FieldError]:
    wrong: Sequence[FieldError] = []
    for platform in Platform:
        own = platform.value in new.by_platform
        text = new.by_platform[platform.value] if own else new.text
        caption = render(text, {**EXAMPLES, "platform": platform.label})
        proposal = Proposal(None, caption, read_options(platform, {}), title=EXAMPLES["title"])
        wrong = [
            *wrong,
            *(
                FieldError(f"by_platform.{platform.value}" if own else "text", found.sentence)
                for found in preflight(platform, proposal)
                if found.severity is Severity.BLOCK and _is_about_text(found.code)
            ),
        ]
    return list(wrong)


def _is_about_text(code: str) -> bool:
    return any(word in code for word in ("caption", "hashtag", "mention", "description"))


def _out(row: Mapping[str, Any]) -> TemplateOut:
    return TemplateOut(
        id=row["id"],
        name=row["name"],
        text=row["text"],
        by_platform=json_of(row["by_platform"]),
        example=render(row["text"], EXAMPLES),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
