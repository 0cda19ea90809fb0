"""InternVL2: what to fetch, how to open it, how to see, to prompt and to answer. It knows no document and no terminal.

Without torch: ``catalog`` and ``hub`` (which models there are, and where), ``tiling`` (grids and tiles), ``chat``
(prompts), ``budget`` (pages against the context), ``checkpoint.read_spec``. With it: ``checkpoint`` (weights into
native classes), ``vision``, ``language`` and ``kvcache`` (the parts), ``generate`` and ``batched`` (answers), ``door``
(all of it by hand).
"""
