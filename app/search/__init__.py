"""All SQL that finds things: it answers with ordered ids, ranks and highlights, and services load the rows."""
