"""What ``dramatiq worker_main`` runs."""

from uploadm8.worker import create_broker

broker = create_broker()
