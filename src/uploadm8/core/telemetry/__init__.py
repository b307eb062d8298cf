"""Read any telemetry file into a Track: SI units, one clock, honest about what is absent."""
