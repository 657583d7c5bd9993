"""HTTP: routes, parameters, problems, conditional requests. What is answered is decided in services."""
