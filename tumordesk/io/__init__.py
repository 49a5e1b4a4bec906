"""From paths on disk to series and voxels, and back; the only part that parses files.

``scan`` finds series by headers alone, ``reader`` opens one, ``report`` tells what was found,
``relevance`` puts what people came for first, ``writers`` writes results. Everything else
serves these: ``walk`` and ``archives`` find files, ``header``, ``frames`` and ``enhanced`` parse
DICOM, ``stacking`` and ``placing`` build series and their geometry, ``pixels``, ``codec`` and
``pool`` decode, ``pictures``, ``nifti`` and ``itk_volume`` read the other formats.

Nothing here trusts a file: every size is checked before memory is taken, every parser's failure
becomes a reason in plain words, and decoders that can end a process run in processes of their own.
"""
