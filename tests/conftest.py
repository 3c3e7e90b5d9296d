"""What concerns the whole run of the tests."""

import gc

# As the command itself does: looking for cycles among what was read took a fifth of the time of generated charts.
gc.set_threshold(100_000)
