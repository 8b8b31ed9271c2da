"""Top floor: the application. Web pages, the HTTP API, the command line, settings and wiring."""
