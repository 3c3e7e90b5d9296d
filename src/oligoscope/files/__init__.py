"""What comes from disk: YAML read strictly, and a cache whose content is checked. Knows nobody."""
