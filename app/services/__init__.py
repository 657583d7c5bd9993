"""What Dateline does, for the API and the command line alike."""
