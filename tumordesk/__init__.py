"""TumorDesk: open a brain scan, outline and measure the tumour, correct it, teach the networks.

Research use only, not for diagnosis.
"""

__version__ = "0.1.0"
