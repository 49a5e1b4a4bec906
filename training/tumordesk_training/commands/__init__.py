"""Commands of ``tumordesk-train``, one module each: ``add`` describes it, the rest runs it."""
