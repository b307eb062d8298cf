"""Is this installation fit to run: settings, servers, machine, outside parties."""
