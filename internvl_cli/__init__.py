"""Ask documents and charts questions with InternVL2, or with the small reader that ships in the package."""

from internvl_cli.errors import InternVLError

__all__ = ["InternVLError", "__version__"]

__version__ = "0.1.0"
