"""oligoscope: the evidence on local ablative therapy for oligometastatic NSCLC, as decision tables that assess a
patient or a registry.
"""

__version__ = "0.1.0"
