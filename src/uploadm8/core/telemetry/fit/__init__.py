"""The FIT file format: messages walked once, fields read as whole columns."""
