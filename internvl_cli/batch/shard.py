"""A part of a plan for one of several jobs, told by the items alone: nobody hands anything out."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace

from internvl_cli.batch.plan import Plan
from internvl_cli.errors import UsageError

__all__ = ["Shard"]

_HINT = "for example --shard 3/8: the third of eight parts, counted from 1 (Slurm: --array=1-8)"


@dataclass(frozen=True, slots=True)
class Shard:
    """One of ``count`` parts.

    Attributes:
        number: From 1.
        count: How many parts there are.
    """

    number: int
    count: int

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read ``3/8``.

        Raises:
            UsageError: It is not a part.
        """
        match = re.fullmatch(r"\s*(\d{1,9})\s*/\s*(\d{1,9})\s*", text, re.ASCII)
        shard = cls(int(match[1]), int(match[2])) if match else None
        if shard is None or not 1 <= shard.number <= shard.count:
            raise UsageError(f"--shard {text!r} is not a part of a whole", _HINT)
        return shard

    def of(self, plan: Plan) -> Plan:
        """Give the items of this part, in their order.

        An item's part follows from its ``id`` and the number of parts, so further inputs move nothing.
        """
        return replace(plan, items=tuple(item for item in plan.items if self._part(item.id) == self.number))

    def _part(self, key: str) -> int:
        digest = hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
        return int.from_bytes(digest[:8], "big") % self.count + 1
