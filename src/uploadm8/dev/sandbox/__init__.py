"""Small servers that answer like the outside parties, strictly."""
