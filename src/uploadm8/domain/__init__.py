"""The subjects of the product, each with tables, schemas, service, actors and controllers."""
