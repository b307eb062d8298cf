"""Telling people: mail, Discord, signed webhooks."""
