"""What the service takes and gives, as JSON: the shapes of requests and of answers."""
