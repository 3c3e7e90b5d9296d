"""Records of searches: read, kept, de-duplicated, screened, followed."""
