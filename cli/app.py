"""The Typer app: registers the commands, nothing else."""


def main() -> None:
    """Entry point of ``internvl``."""
