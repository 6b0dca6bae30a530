"""The network that guesses, from an image of codes, what the tiles of a finer image held."""

from __future__ import annotations

from torch import Tensor, nn

Pair = tuple[int, int]


class TileGuess(nn.Module):
    """(N, codes, rows, columns) -> (N, 2 channels, H, W): two images on the grid that was tiled.

    Per-pixel perceptron, transposed convolution with the tiles' kernel and stride, ReLU, 3 x 3,
    ReLU, 3 x 3, per-pixel perceptron. Each perceptron has `depth` linear layers, all but the
    last one with ReLU; widths are `width`, 2 channels + codes unless told otherwise. Starts at
    zero weights in the last layer: both images are 0.
    Mate et al. 2022, "Flowification", as in its released code.
    """

    def __init__(
        self, codes: int, channels: int, kernel: Pair, stride: Pair,
        width: int | None = None, depth: int = 6,
    ) -> None:  # fmt: skip
        super().__init__()
        width = 2 * channels + codes if width is None else width
        if min(codes, channels, width, depth) < 1:
            raise ValueError(
                "TileGuess: expected positive sizes, got "
                f"codes={codes}, channels={channels}, width={width}, depth={depth}"
            )
        self.read = _per_pixel([codes, *[width] * depth])
        self.spread = nn.ConvTranspose2d(width, width, kernel, stride)
        self.look = nn.Conv2d(width, width, 3, padding=1)
        self.look_again = nn.Conv2d(width, width, 3, padding=1)
        self.tell = _per_pixel([*[width] * depth, 2 * channels])
        nn.init.zeros_(self.tell[-1].weight)
        nn.init.zeros_(self.tell[-1].bias)

    def forward(self, z: Tensor) -> Tensor:
        h = self.spread(self.read(z)).relu()
        return self.tell(self.look_again(self.look(h).relu())).to(z.dtype)


def _per_pixel(sizes: list[int]) -> nn.Sequential:
    """1 x 1 convolutions with ReLU between them."""
    layers: list[nn.Module] = []
    for inputs, outputs in zip(sizes, sizes[1:], strict=False):
        layers += [nn.Conv2d(inputs, outputs, 1), nn.ReLU()]
    return nn.Sequential(*layers[:-1])
