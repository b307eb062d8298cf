"""Stripe's hosts: the API, and the pages and switches for people and tests."""

import stripe.params as p
import stripe.params.billing_portal as portal_params
import stripe.params.checkout as checkout_params

from uploadm8.dev.sandbox.kit.runtime import Runtime
from uploadm8.dev.sandbox.kit.wire import Call, Party, Reply
from uploadm8.dev.sandbox.stripe.catalog import Catalog
from uploadm8.dev.sandbox.stripe.checkout import Checkout, Portal
from uploadm8.dev.sandbox.stripe.customers import Customers
from uploadm8.dev.sandbox.stripe.door import Door, Endpoint
from uploadm8.dev.sandbox.stripe.events import Events
from uploadm8.dev.sandbox.stripe.lifecycle import Lifecycle
from uploadm8.dev.sandbox.stripe.pages import Pages
from uploadm8.dev.sandbox.stripe.replies import CANNED, unknown_route
from uploadm8.dev.sandbox.stripe.subscriptions import Subscriptions
from uploadm8.dev.sandbox.stripe.world import World

# Method, path, name for faults and call log, parameters, what it does.
Row = tuple[str, str, str, type, Endpoint]


def stripe_parties(runtime: Runtime) -> list[Party]:
    """Everything of Stripe's, sharing one memory."""
    world = World(runtime)
    lifecycle, events = Lifecycle(world), Events(world)
    subscriptions = Subscriptions(world, lifecycle)
    checkout, portal = Checkout(world, lifecycle), Portal(world, lifecycle, subscriptions)
    customers = Customers(world, lifecycle)
    world.on_emit = events.kick
    rows = [
        *_catalog(Catalog(world)),
        *_customers(customers),
        *_subscriptions(subscriptions),
        *_sessions(checkout, portal),
        ("GET", "/v1/events", "events", p.EventListParams, events.list_all),
        ("GET", "/v1/events/{id}", "event", p.EventRetrieveParams, events.retrieve),
        (
            "GET",
            "/v1/webhook_endpoints",
            "webhook_endpoints",
            p.WebhookEndpointListParams,
            events.endpoints,
        ),
    ]
    door = Door(world)
    pages = Pages(lifecycle, events, checkout, portal, customers)
    return [
        Party("stripe", "/stripe", [door.route(*row) for row in rows], _unknown, CANNED),
        Party("stripe-web", "/stripe-web", pages.routes(), _unknown),
    ]


def _catalog(c: Catalog) -> list[Row]:
    return [
        ("GET", "/v1/prices", "prices", p.PriceListParams, c.list_prices),
        ("POST", "/v1/prices", "price_create", p.PriceCreateParams, c.create_price),
        ("GET", "/v1/products", "products", p.ProductListParams, c.list_products),
        ("POST", "/v1/products", "product_create", p.ProductCreateParams, c.create_product),
    ]


def _customers(c: Customers) -> list[Row]:
    return [
        ("POST", "/v1/customers", "customer_create", p.CustomerCreateParams, c.create),
        ("GET", "/v1/customers/{id}", "customer", p.CustomerRetrieveParams, c.retrieve),
        ("DELETE", "/v1/customers/{id}", "customer_delete", p.CustomerDeleteParams, c.delete),
        ("GET", "/v1/invoices", "invoices", p.InvoiceListParams, c.list_invoices),
        ("GET", "/v1/invoices/{id}", "invoice", p.InvoiceRetrieveParams, c.retrieve_invoice),
        ("GET", "/v1/charges/{id}", "charge", p.ChargeRetrieveParams, c.retrieve_charge),
        ("GET", "/v1/refunds", "refunds", p.RefundListParams, c.list_refunds),
        ("POST", "/v1/refunds", "refund_create", p.RefundCreateParams, c.create_refund),
        ("GET", "/v1/refunds/{id}", "refund", p.RefundRetrieveParams, c.retrieve_refund),
        ("GET", "/v1/disputes/{id}", "dispute", p.DisputeRetrieveParams, c.retrieve_dispute),
    ]


def _subscriptions(s: Subscriptions) -> list[Row]:
    return [
        ("GET", "/v1/subscriptions", "subscriptions", p.SubscriptionListParams, s.list_all),
        ("GET", "/v1/subscriptions/{id}", "subscription", p.SubscriptionRetrieveParams, s.retrieve),
        (
            "POST",
            "/v1/subscriptions/{id}",
            "subscription_update",
            p.SubscriptionUpdateParams,
            s.update,
        ),
        (
            "DELETE",
            "/v1/subscriptions/{id}",
            "subscription_cancel",
            p.SubscriptionCancelParams,
            s.cancel,
        ),
        (
            "POST",
            "/v1/invoices/create_preview",
            "invoice_preview",
            p.InvoiceCreatePreviewParams,
            s.preview,
        ),
        (
            "POST",
            "/v1/subscription_schedules",
            "schedule_create",
            p.SubscriptionScheduleCreateParams,
            s.create_schedule,
        ),
        (
            "GET",
            "/v1/subscription_schedules/{id}",
            "schedule",
            p.SubscriptionScheduleRetrieveParams,
            s.retrieve_schedule,
        ),
        (
            "POST",
            "/v1/subscription_schedules/{id}",
            "schedule_update",
            p.SubscriptionScheduleUpdateParams,
            s.update_schedule,
        ),
        (
            "POST",
            "/v1/subscription_schedules/{id}/release",
            "schedule_release",
            p.SubscriptionScheduleReleaseParams,
            s.release_schedule,
        ),
    ]


def _sessions(checkout: Checkout, portal: Portal) -> list[Row]:
    return [
        (
            "POST",
            "/v1/checkout/sessions",
            "checkout_create",
            checkout_params.SessionCreateParams,
            checkout.create,
        ),
        (
            "GET",
            "/v1/checkout/sessions/{id}",
            "checkout",
            checkout_params.SessionRetrieveParams,
            checkout.retrieve,
        ),
        (
            "GET",
            "/v1/checkout/sessions",
            "checkouts",
            checkout_params.SessionListParams,
            checkout.list_all,
        ),
        (
            "POST",
            "/v1/checkout/sessions/{id}/expire",
            "checkout_expire",
            checkout_params.SessionExpireParams,
            checkout.expire,
        ),
        (
            "POST",
            "/v1/billing_portal/sessions",
            "portal_create",
            portal_params.SessionCreateParams,
            portal.create,
        ),
    ]


def _unknown(call: Call) -> Reply:
    return unknown_route(call.method, call.path)
