"""Products and prices."""

from uploadm8.dev.sandbox.stripe.door import Request
from uploadm8.dev.sandbox.stripe.replies import Json, listing, refuse
from uploadm8.dev.sandbox.stripe.world import World

_MAX_LOOKUP_KEYS = 10


class Catalog:
    """What can be bought."""

    def __init__(self, world: World) -> None:
        self.world = world

    def create_product(self, request: Request) -> Json:
        params = request.params
        product_id = params.pop("id", None)
        if product_id in self.world.table("product"):
            raise refuse("Product already exists.", code="resource_already_exists", param="id")
        made = self.world.new(
            "product",
            {"active": True, "metadata": {}, "description": None, **params},
            object_id=product_id,
        )
        self.world.emit("product.created", made)
        return made

    def list_products(self, request: Request) -> Json:
        wanted = request.params.get("ids")
        rows = self.world.newest("product", active=request.params.get("active"))
        rows = [row for row in rows if wanted is None or row["id"] in wanted]
        return listing("/v1/products", rows, request.params)

    def create_price(self, request: Request) -> Json:
        params = request.params
        self.world.get("product", params.get("product", ""), param="product")
        if "unit_amount" not in params:
            raise refuse("Missing required param: unit_amount.", code="parameter_missing")
        key = params.get("lookup_key")
        transfer = params.pop("transfer_lookup_key", False)
        for price in self.world.newest("price") if key else []:
            if price["lookup_key"] == key:
                if not transfer:
                    raise refuse(
                        f"A price (`{price['id']}`) already uses that lookup key.",
                        param="lookup_key",
                    )
                price["lookup_key"] = None
        recurring = params.get("recurring")
        made = self.world.new(
            "price",
            {
                "active": True,
                "billing_scheme": "per_unit",
                "lookup_key": None,
                "metadata": {},
                "nickname": None,
                "tax_behavior": "unspecified",
                **params,
                "type": "recurring" if recurring else "one_time",
                "unit_amount_decimal": str(params["unit_amount"]),
                "recurring": {"interval_count": 1, "usage_type": "licensed", **recurring}
                if recurring
                else None,
            },
        )
        self.world.emit("price.created", made)
        return made

    def list_prices(self, request: Request) -> Json:
        params = request.params
        keys = params.get("lookup_keys")
        if keys is not None and len(keys) > _MAX_LOOKUP_KEYS:
            raise refuse("You may pass at most 10 lookup keys.", param="lookup_keys")
        rows = self.world.newest(
            "price", active=params.get("active"), product=params.get("product")
        )
        rows = [row for row in rows if keys is None or row["lookup_key"] in keys]
        return listing("/v1/prices", rows, params)
