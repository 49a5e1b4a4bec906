"""The training wizard: from a folder of pictures to a model in the viewer, one page a module."""
