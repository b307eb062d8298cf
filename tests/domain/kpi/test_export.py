"""The raw export: whole, scoped, paid for, and harmless in a spreadsheet."""

import csv
import io
import tracemalloc
from uuid import UUID

import pytest

from api_client import Api
from numbers_world import MARCH, NOON, Shop, open_shop
from uploadm8.api.ranges import read_range
from uploadm8.domain.billing.entitlements import Entitlements
from uploadm8.domain.billing.plans import Tier
from uploadm8.domain.kpi import export as exporting
from uploadm8.domain.kpi.export import Export
from uploadm8.domain.publishing.cohorts import Cohort
from uploadm8.domain.uploads.tables import Upload
from uploadm8.infra.clock import now
from uploadm8.infra.exports import Format
from uploadm8.infra.spreadsheet import cell

pytestmark = pytest.mark.anyio


@pytest.fixture
async def shop(api: Api) -> Shop:
    return await open_shop(api, Tier.GROWTH)


async def test_csv_has_a_row_per_post_and_per_upload_without_one(shop: Shop) -> None:
    upload = await shop.upload()
    first = await shop.post("published", upload=upload)
    await shop.look(first, 0, NOON, views=3, likes=1)
    await shop.look(first, 1, NOON, views=8, likes=2)
    await shop.post("failed", upload=upload)
    bare = await shop.upload()
    answer = await shop.api.http.get(f"/api/kpi/raw?{MARCH}", headers=shop.someone.headers)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["upload_id"], row["state"]) for row in rows] == [
        (str(upload), "published"),
        (str(upload), "failed"),
        (str(bare), ""),
    ]
    assert (rows[0]["views"], rows[0]["likes"], rows[0]["shares"]) == ("8", "2", "")


async def test_json_says_the_same_over_many_pages(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "PAGE", 2)
    made = {str(await shop.post("published")) for _ in range(5)}
    told = await shop.ask(f"/api/kpi/raw?{MARCH}&format=json")
    assert {row["publication_id"] for row in told["items"]} == made
    assert len(told["items"]) == 5


async def test_an_empty_export_is_still_well_formed(shop: Shop) -> None:
    assert await shop.ask("/api/kpi/raw?format=json") == {"items": []}


async def test_a_formula_in_a_title_stays_text(shop: Shop) -> None:
    await shop.upload(title='=HYPERLINK("http://evil")', filename="@cmd.mp4")
    answer = await shop.api.http.get(f"/api/kpi/raw?{MARCH}", headers=shop.someone.headers)
    row = next(csv.DictReader(io.StringIO(answer.text)))
    assert row["title"] == '\'=HYPERLINK("http://evil")'
    assert row["filename"] == "'@cmd.mp4"


@pytest.mark.parametrize(
    ("value", "written"),
    [(-5, "-5"), ("-5", "'-5"), (" =1", "' =1"), ("\t1", "'\t1"), (None, ""), ("lap", "lap")],
)
def test_only_text_is_disarmed(value: object, written: str) -> None:
    assert cell(value) == written


async def test_filters_and_scope_hold_for_the_export(shop: Shop, api: Api) -> None:
    await (await open_shop(api)).post("failed")
    await shop.post("published")
    mine = await shop.post("failed")
    told = await shop.ask(f"/api/kpi/raw?{MARCH}&format=json&status=failed")
    assert [row["publication_id"] for row in told["items"]] == [str(mine)]


async def test_the_export_needs_growth(api: Api) -> None:
    someone = await api.register()
    answer = await api.http.get("/api/kpi/raw", headers=someone.headers)
    assert (answer.status_code, answer.json()["required_tier"]) == (402, "growth")


async def test_memory_does_not_grow_with_the_export(shop: Shop) -> None:
    template = await shop.upload(at=now())
    await _copy(template, 3_000)
    small = await _peak_of_export(shop.workspace_id)
    await _copy(template, 17_000)
    large = await _peak_of_export(shop.workspace_id)
    assert large < 1.5 * small


async def _copy(upload: UUID, times: int) -> None:
    columns = [c._meta.name for c in Upload._meta.columns if c._meta.name != "id"]
    names = ", ".join(f'"{name}"' for name in columns)
    await Upload.raw(
        f"INSERT INTO uploads (id, {names}) SELECT gen_random_uuid(), {names}"
        " FROM uploads, generate_series(1, {}::int) WHERE uploads.id={}",
        times,
        upload,
    )


async def _peak_of_export(workspace_id: UUID) -> int:
    cohort = Cohort(read_range(now(), 1, None, None, "UTC"), workspace_id)
    tracemalloc.start()
    pieces = await Export(Entitlements()).start(workspace_id, cohort, Format.CSV)
    async for _ in pieces:
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak
