"""Linear layers in factors: rotations in their forms, QR, SVD, reversals."""

import torch
from case import Case, lively

from flowviz.layers import GaussianizationBlock, QRLinear, Reversal, Rotation, SVDLinear

WEIGHT = torch.tensor([[0.3, -1.2, 0.5], [1.5, 0.2, 0.3], [0.2, 0.4, 1.5]])
TURN = torch.tensor([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])

CASES = {
    "reversal, a cut": Case(lambda: Reversal(3), (3,)),
    "reversal of four, a turn": Case(lambda: Reversal(4), (4,)),
    "rotation, Cayley": Case(lambda: lively(Rotation(4, form="cayley"), 2.0), (4,)),
    "rotation, Householder": Case(lambda: lively(Rotation(5, form="householder")), (5,)),
    "right angle, Cayley": Case(lambda: Rotation(2, 1.57, False, "cayley"), (2,)),
    "right angle, Householder": Case(lambda: Rotation(2, -1.57, form="householder"), (2,)),
    "rotation of a matrix": Case(lambda: Rotation.from_matrix(TURN, form="cayley"), (3,)),
    "QR": Case(lambda: lively(QRLinear(3)), (3,)),
    "QR, exponential, of a matrix": Case(
        lambda: QRLinear.from_matrix(WEIGHT, torch.ones(3), "exponential"), (3,)
    ),
    "SVD": Case(lambda: lively(SVDLinear(4)), (4,)),
    "SVD, Cayley": Case(lambda: lively(SVDLinear(3, "cayley")), (3,)),
    "Gaussianization block": Case(
        lambda: lively(GaussianizationBlock(3, 5, 3.0), 1.5), (3,), awkward=(-3.0, 3.0)
    ),
    "SVD of a matrix": Case(lambda: SVDLinear.from_matrix(WEIGHT), (3,)),
}
