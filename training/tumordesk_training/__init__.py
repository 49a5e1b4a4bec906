"""TumorDesk's training program: from a folder of pictures to a model in the viewer."""

import time

STARTED = time.time()
"""When this process began, in seconds since the epoch (UTC)."""
