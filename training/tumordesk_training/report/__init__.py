"""Report of a run as one HTML file: charts, tables, pictures and what they are worth."""
