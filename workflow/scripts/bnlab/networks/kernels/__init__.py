"""One file a parametrization of the kernel; its name is what a config calls it."""
