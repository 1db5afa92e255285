"""Convolutions and LSTMs over the points of a drawing, based on TensorFlow's tutorial on Quick, Draw!"""

from __future__ import annotations

import torch
from torch import nn

from sketch_classifier.models.network import Network
from sketch_classifier.params import StrokeInput

SHORTEST = 21  # points that the three convolutions need at least
STRIDE = 8  # points per time step of the LSTMs
WIDTH = 128


def build(input: StrokeInput, num_outputs: int) -> Network:
    """conv 32 k5 s2 · conv 64 k5 s2 · conv 128 k3 s2 · LSTM 128 · LSTM 128 · linear `num_outputs`.

    ReLU, then batch normalisation after each convolution. The convolutions do not pad. Instead, zeros are prepended
    (where short drawings are padded, too) to a length at which the strided convolutions end exactly at the last point;
    otherwise the last points, 7 of 100, would be ignored. So 100 points give 11 time steps of the LSTMs, and
    `max_points` can be any number. The features are the last hidden state of the second LSTM, 128 values.
    """
    backbone = nn.Sequential(
        nn.ConstantPad1d((_zeros_in_front(input.max_points), 0), 0.0),
        nn.Conv1d(3, 32, kernel_size=5, stride=2),
        nn.ReLU(),
        nn.BatchNorm1d(32),
        nn.Conv1d(32, 64, kernel_size=5, stride=2),
        nn.ReLU(),
        nn.BatchNorm1d(64),
        nn.Conv1d(64, WIDTH, kernel_size=3, stride=2),
        nn.ReLU(),
        nn.BatchNorm1d(WIDTH),
        LastState(WIDTH),
    )
    return Network("conv_lstm", input, backbone, nn.Linear(WIDTH, num_outputs))


def _zeros_in_front(max_points: int) -> int:
    """The number of zeros that extends max_points to the next of the lengths 21, 29, 37, …"""
    return max(SHORTEST - max_points, (SHORTEST - max_points) % STRIDE)


class LastState(nn.Module):
    """(B, width, steps) → (B, width): two stacked LSTM layers; the last hidden state of the second."""

    def __init__(self, width: int):
        super().__init__()
        self.lstm = nn.LSTM(width, width, num_layers=2, batch_first=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        states, _ = self.lstm(x.transpose(1, 2))
        return states[:, -1]
