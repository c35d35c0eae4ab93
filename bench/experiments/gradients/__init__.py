"""The gradient of a function of n variables: how wrong it is, and what it costs as n grows."""
