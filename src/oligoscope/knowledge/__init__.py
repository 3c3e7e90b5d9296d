"""What is known, as data: facts derived from a chart, and one YAML a decision table."""
