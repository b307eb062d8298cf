"""One module per format; each exposes FORMAT and is listed in reader.FORMATS."""
