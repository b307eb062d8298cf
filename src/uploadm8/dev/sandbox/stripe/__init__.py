"""Stripe: the API, its pages, its clock and its webhooks, strict about every parameter."""
