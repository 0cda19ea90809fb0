"""A model on another process or machine, over the OpenAI chat protocol.

engine    what travels, what comes back, when to try again
address   what the user wrote as the URL, and the key
client    the ``openai`` client, without its own retries and without its own secrets
served    what ``/v1/models`` says, and which model a name means
message   pages and question as messages, and the fields of the body
picture   a page as a data URL, no larger than its tiles
wire      the event stream, decoded and checked for its end
failures  everything that can go wrong, each with its own words
retry     how often, how long, and what the server asks for
"""

from __future__ import annotations

from internvl_cli.engines.endpoint.engine import EndpointEngine
from internvl_cli.engines.endpoint.retry import Patience

__all__ = ["EndpointEngine", "Patience"]
