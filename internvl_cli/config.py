"""The configuration file: what the user would otherwise have to say every time.

``$INTERNVL_CONFIG``, else ``$XDG_CONFIG_HOME/internvl/config.toml``, else ``~/.config/internvl/config.toml``. An option
on the command line wins over the environment, and the environment over the file.
"""

from __future__ import annotations

import difflib
import os
import sys
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from internvl_cli.errors import ConfigurationError

__all__ = ["CONFIG_VARIABLE", "KEY_VARIABLE", "Config", "config_path", "load_config", "read_key"]

CONFIG_VARIABLE = "INTERNVL_CONFIG"
"""Names another file, which then has to be there; empty means none."""

KEY_VARIABLE = "INTERNVL_API_KEY"
"""Holds the API key of the endpoint."""


@dataclass(frozen=True, slots=True)
class Config:
    """The keys of the file; all are optional strings.

    Attributes:
        model: What ``--model`` says by default.
        endpoint: What ``--endpoint`` says by default.
        api_key_file: File whose first line is the endpoint's API key; from the folder of the configuration.
        system_prompt: ``auto``, ``none`` or a system message for endpoints.
        path: The file; None where there is none.
    """

    model: str | None = None
    endpoint: str | None = None
    api_key_file: str | None = None
    system_prompt: str | None = None
    path: Path | None = None


def config_path() -> Path | None:
    """Say where the file is looked for; None if nowhere."""
    named = os.environ.get(CONFIG_VARIABLE)
    if named is not None:
        return Path(named).expanduser() if named else None
    home = os.environ.get("XDG_CONFIG_HOME", "")
    # A relative path counts as not set, says the specification.
    folder = Path(home) if home.startswith("/") else Path("~/.config").expanduser()
    return folder / "internvl" / "config.toml"


def load_config() -> Config:
    """Read the file; an empty configuration where there is none.

    Raises:
        ConfigurationError: The file cannot be read, is no TOML, or says what is not understood.
    """
    path = config_path()
    if path is None:
        return Config()
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        if CONFIG_VARIABLE in os.environ:
            raise ConfigurationError(f"{path}: no such file", f"{CONFIG_VARIABLE} names it.") from None
        return Config()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise ConfigurationError(f"{path}: cannot be read: {reason}") from error
    return Config(**_checked(_parse(text, path), path), path=path)


def read_key(config: Config) -> str | None:
    """Give the endpoint's API key: from the environment, else from the file that the configuration names.

    Raises:
        ConfigurationError: The file cannot be read or is empty.
    """
    if key := os.environ.get(KEY_VARIABLE, "").strip():
        return key
    if config.api_key_file is None:
        return None
    file = Path(config.api_key_file).expanduser()
    if config.path is not None:
        file = config.path.parent / file
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise ConfigurationError(f"{file}: cannot read the API key: {reason}", _who_names_it(config)) from error
    if not lines[0].strip():
        raise ConfigurationError(f"{file}: its first line holds no API key", _who_names_it(config))
    return lines[0].strip()


def _parse(text: str, path: Path) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        parsed: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        example = 'For example: endpoint = "http://127.0.0.1:8080"'
        raise ConfigurationError(f"{path}: not TOML: {error}", example) from None
    return parsed


def _checked(table: dict[str, Any], path: Path) -> dict[str, str]:
    known = [field.name for field in fields(Config) if field.name != "path"]
    for name, value in table.items():
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            guess = f"Did you mean {near[0]}? " if near else ""
            raise ConfigurationError(f"{path}: unknown key {name!r}", f"{guess}Known are {', '.join(known)}.")
        if not isinstance(value, str) or not value.strip():
            raise ConfigurationError(f"{path}: {name} must be a string that is not empty, not {value!r}")
    return table


def _who_names_it(config: Config) -> str:
    return f"api_key_file in {config.path} names it." if config.path else ""
