"""TumorDesk's training program: from a folder of pictures to a model in the viewer."""
