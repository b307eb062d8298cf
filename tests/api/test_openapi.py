"""The description of the API, and requests made from it."""

from collections.abc import Callable
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from schemathesis.core.result import Ok

from api_client import Api
from fuzzing import Attacker, attack

pytestmark = pytest.mark.anyio

PARTS = 2
"""`make fuzz` has two processes."""


async def document(api: Api) -> dict[str, Any]:
    answer = await api.http.get("/schema/openapi.json")
    found: dict[str, Any] = answer.json()
    return found


async def test_it_is_openapi_3_1_and_every_operation_says_what_it_does(api: Api) -> None:
    told = await document(api)
    assert told["openapi"].startswith("3.1")
    for path, item in told["paths"].items():
        for method, operation in item.items():
            assert operation.get("summary"), f"{method} {path} has no summary"
            assert operation.get("description"), f"{method} {path} has no description"
            assert "429" in operation["responses"], f"{method} {path}"


async def test_every_operation_that_needs_a_credential_says_so(api: Api) -> None:
    told = await document(api)
    assert told["paths"]["/api/auth/login"]["post"]["security"] == [{}]
    assert told["security"] == [{"bearer": []}]
    assert "security" not in told["paths"]["/api/settings"]["get"]


async def test_schemas_say_what_their_members_mean(api: Api) -> None:
    schemas = (await document(api))["components"]["schemas"]
    choice = schemas["RenditionChoice"]
    assert choice["description"].startswith("How the files for the platforms are made")
    assert all(member.get("description") for member in choice["properties"].values())
    draft = schemas["DraftUpload"]["properties"]["renditions"]
    assert draft["description"] == schemas["NewUpload"]["properties"]["renditions"]["description"]
    assert schemas["Fit"]["description"]


async def test_every_body_has_an_example_that_its_schema_allows(api: Api) -> None:
    told = await document(api)
    wrong, seen = [], 0
    for path, item in told["paths"].items():
        for method, operation in item.items():
            bodies = {"body": operation.get("requestBody", {}), **operation["responses"]}
            for name, body in bodies.items():
                for kind, content in body.get("content", {}).items():
                    if "json" not in kind or "schema" not in content:
                        continue
                    seen += 1
                    where = f"{method} {path} {name}"
                    shown = [one["value"] for one in content.get("examples", {}).values()]
                    shown += [content["example"]] if "example" in content else []
                    if not shown:
                        wrong.append(f"{where}: no example")
                    schema = {**content["schema"], "components": told["components"]}
                    checker = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
                    for error in (e for one in shown for e in checker.iter_errors(one)):
                        wrong.append(f"{where}: {error.message[:200]} at {error.instance_path}")
    assert wrong == [], "\n".join(wrong)
    assert seen > 200


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(PARTS))
async def test_no_request_made_from_the_description_gets_a_5xx(
    api: Api, part: int, record_property: Callable[[str, object], None]
) -> None:
    attackers = [Attacker(api, who) for who in ("anonymous", "user", "admin")]
    schema = schemathesis.openapi.from_dict(await document(api))
    for position, result in enumerate(schema.get_all_operations()):
        if position % PARTS == part:
            assert isinstance(result, Ok)
            await attack(result.ok(), attackers)
    for one in attackers:
        record_property(f"requests by {one.who}", one.calls)
        record_property(f"by {one.who} about things that are there", one.met)
        assert one.failures == [], "\n".join(one.failures)
        assert one.calls > 50
        assert one.met > 5 or one.who == "anonymous"
