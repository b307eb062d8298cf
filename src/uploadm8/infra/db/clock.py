"""The database's clock: the only one that decides about time shared by processes."""

from piccolo.querystring import QueryString


def database_now(shift_s: float = 0) -> QueryString:
    """The database's now(), shifted by some seconds, for use in a query."""
    return QueryString("now() + make_interval(secs => {}::float8)", float(shift_s))
