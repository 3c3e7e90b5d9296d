"""Words that several reports share."""

DISCLAIMER = "Decision support for clinicians. Not a medical device, and no substitute for the tumour board."
STATUS = {
    "seen": "source or its abstract read",
    "seen-secondary": "read in a publication that cites the source",
    "seed": "according to the review",
    "design": "product rule",
    "unverified": "not verified",
    "computed": "computed",
}


def status_in_words(status: str) -> str:
    """How well the source of a rule was seen."""
    return STATUS.get(status, status)
