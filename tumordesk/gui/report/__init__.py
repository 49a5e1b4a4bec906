"""The report of a study as a PDF: what it says (content), how it is drawn, how it is written."""
