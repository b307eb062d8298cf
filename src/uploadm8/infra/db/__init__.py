"""PostgreSQL through Piccolo: engine, transactions, column types, upgrades."""
