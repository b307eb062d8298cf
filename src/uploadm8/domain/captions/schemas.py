"""What goes over the wire about caption templates."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct, field

Name = Annotated[str, Meta(min_length=1, max_length=80)]
Text = Annotated[str, Meta(max_length=5000, examples=["{title} in {place}\n{hashtags}"])]
ByPlatform = dict[Literal["tiktok", "youtube", "instagram", "facebook"], Text]


class TemplateIn(Struct, kw_only=True, forbid_unknown_fields=True):
    """A template.

    Attributes:
        text: with `{variable}` and `{variable|text instead}`; a line whose variable has no value
            is left out.
        by_platform: other texts for single platforms.
    """

    name: Name
    text: Text
    by_platform: ByPlatform = field(default_factory=dict)


class TemplateOut(Struct, kw_only=True):
    """A template, and what it makes of example values."""

    id: UUID
    name: str
    text: str
    by_platform: dict[str, str]
    example: str
    created_at: datetime
    updated_at: datetime


class Variable(Struct):
    """Something that a template may name."""

    name: str
    meaning: str
    example: str


class TemplateList(Struct):
    """Every template of the workspace by name, and the variables there are."""

    items: list[TemplateOut]
    variables: list[Variable]


class CaptionPreview(Struct, kw_only=True):
    """What a template makes of an upload, per platform."""

    upload_id: UUID
    captions: dict[str, str]
    missing: list[str]
