"""Engines: what answers. ``base`` is the contract, ``select`` chooses one."""
