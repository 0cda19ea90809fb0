"""Many questions, one output that survives interruption.

``plan`` says what is to be asked, ``journal`` what has been answered, ``run`` brings the first to the second by a
``Runner``: in this process, in a pool of worker processes, or elsewhere. ``work`` is what any runner does for one item.
"""
