"""Google: sign-in and YouTube."""
