"""The numeric IR, the gate out of sympy, stabilisation and emission."""
