"""Figures of whole days, kept so that long ranges need not be counted again."""
