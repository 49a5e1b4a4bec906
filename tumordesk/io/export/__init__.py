"""Writes findings as files that other programs show: DICOM SEG, SR, SC, encapsulated PDF, NRRD.

Every writer takes ``StudyFindings``, reads back what it wrote before the file takes its place,
never overwrites unasked and refuses, with the reason, what the source does not support.
docs/dicom.md says what is in the files.
"""
