"""The commands of ``internvl``: they parse arguments and print, nothing else."""
