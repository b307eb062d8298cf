"""Tiers, entitlements, quota, Stripe."""
