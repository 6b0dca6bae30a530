"""Linear layers."""

import torch
from case import Case, lively

from flowviz.layers import LULinear, Permutation, Rotation

MATRIX = torch.tensor([[2.0, 1.0, 0.5], [-1.0, 1.0, 0.3], [0.2, 0.4, 1.5]])

CASES = {
    "swap": Case(lambda: Permutation([1, 0]), (2,)),
    "permutation, a turn of three": Case(lambda: Permutation([1, 2, 0]), (3,)),
    "permutation, odd, of four": Case(lambda: Permutation([3, 0, 1, 2]), (4,)),
    "permutation, two swaps": Case(lambda: Permutation([1, 0, 3, 2]), (4,)),
    "permutation, cycles of 2 and 4": Case(lambda: Permutation([1, 0, 3, 4, 5, 2]), (6,)),
    "rotation": Case(lambda: lively(Rotation(2)), (2,)),
    "rotation in four dimensions": Case(lambda: lively(Rotation(4), 2.0), (4,)),
    "right angle": Case(lambda: Rotation(2, angle=torch.pi / 2, learn=False), (2,)),
    "LU": Case(lambda: lively(LULinear(3)), (3,)),
    "LU on a line": Case(lambda: lively(LULinear(1)), (1,)),
    "LU of a matrix": Case(lambda: LULinear.from_matrix(MATRIX, torch.ones(3)), (3,)),
}
