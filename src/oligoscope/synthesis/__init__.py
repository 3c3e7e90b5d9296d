"""Numbers from numbers: arrays in, frozen results out; no files, no oncology."""
