"""What a team reads of its audit log."""
