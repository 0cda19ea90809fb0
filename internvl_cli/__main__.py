"""``python -m internvl_cli`` runs the command line."""

from internvl_cli.cli.app import main

main()
