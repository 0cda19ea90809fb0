"""What the machine has (``probe``), what a model needs (``fit``): numbers only, no torch."""
