"""The uploadm8 command."""
