"""Meta: Facebook login, pages, and the Instagram accounts linked to them."""
