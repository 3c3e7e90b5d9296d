"""The first part of a page: the answer in one sentence, what must be known with it, and where it comes from.

Text and page are laid out from this one model. Words, not codes: codes and rule ids stand in `explain` and in the JSON.
"""
