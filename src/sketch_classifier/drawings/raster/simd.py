"""SIMD operations on the 15 sub-rows of a pixel row at once, which the compiler does not vectorise by itself.

A row of `keys` is a slot; its 16 lanes are the sub-rows, plus one of padding for the SIMD registers. A lane contains
2 · (position at which an edge crosses the sub-row, in 1/256 pixel) + (1 if the edge runs downwards), or NOTHING.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import extending, types

from sketch_classifier.drawings.jit import inner

intrinsic: Callable[..., Any] = extending.intrinsic  # its annotations include `typing` among the caller's arguments

LANES = 16
NOTHING = 2**30  # larger than any key
WINDING, CHANGE, PIXEL, LAST = range(4)

_INT = ir.VectorType(ir.IntType(32), LANES)
_REAL = ir.VectorType(ir.DoubleType(), LANES)


@intrinsic
def cross(typing, keys, slot, fresh, first, last, x, slope, down):
    """Enter the crossings of an edge with sub-rows `first` to `last` − 1: in lane i, x + i · slope, truncated.

    The other lanes are unchanged, or set to NOTHING if the slot is `fresh`.
    """

    def generate(context, builder, signature, arguments):
        array, slot, fresh, first, last, x, slope, down = arguments
        pointer = _row(context, builder, signature.args[0], array, slot)
        lanes = ir.Constant(_INT, list(range(LANES)))
        steps = ir.Constant(_REAL, [float(lane) for lane in range(LANES)])
        position = builder.fadd(_all(builder, x), builder.fmul(_all(builder, slope), steps))
        position = builder.fptosi(position, _INT)
        down = _all(builder, builder.zext(down, ir.IntType(32)))
        key = builder.add(builder.add(position, position), down)
        first, last = (_all(builder, builder.trunc(bound, ir.IntType(32))) for bound in (first, last))
        here = builder.and_(builder.icmp_signed(">=", lanes, first), builder.icmp_signed("<", lanes, last))
        kept = builder.select(fresh, _constant(NOTHING), builder.load(pointer, align=4))
        builder.store(builder.select(here, key, kept), pointer, align=4)
        return context.get_dummy_value()

    number, flag, real = types.intp, types.boolean, types.float64
    return types.void(keys, number, flag, number, number, real, real, flag), generate


@intrinsic
def exchange(typing, keys, i, j):
    """In every lane, move the smaller key of slots i and j to slot i and the larger one to slot j."""

    def generate(context, builder, signature, arguments):
        array, *slots = arguments
        first, second = (_row(context, builder, signature.args[0], array, slot) for slot in slots)
        a, b = builder.load(first, align=4), builder.load(second, align=4)
        less = builder.icmp_signed("<", a, b)
        builder.store(builder.select(less, a, b), first, align=4)
        builder.store(builder.select(less, b, a), second, align=4)
        return context.get_dummy_value()

    return types.void(keys, types.intp, types.intp), generate


@inner()
def begin(state):
    """Initialise the state of a pixel row: (4, LANES) uint32 with the rows WINDING, CHANGE, PIXEL and LAST."""
    for lane in range(LANES):
        state[WINDING, lane] = state[LAST, lane] = 0


@inner()
def extent(keys, state):
    """The first and the last pixel that an edge crosses, after `inside` has processed all slots of the pixel row."""
    first, last = keys[0, 0], state[LAST, 0]
    for lane in range(1, LANES):
        first, last = min(first, keys[0, lane]), max(last, state[LAST, lane])
    return np.int64(first >> 9), np.int64(last) - 1


@intrinsic
def inside(typing, keys, slot, state):
    """Process the next slot, after every lane has been sorted: the change of coverage by the key under the non-zero
    winding rule (CHANGE), and its pixel (PIXEL).

    In the units of the sums of scan.py: 65536 + twice the fraction where ink begins, minus that where it ends, and 0
    elsewhere; and the pixel + 1 (0 for NOTHING).
    """

    def generate(context, builder, signature, arguments):
        keys, slot, state = arguments
        key = builder.load(_row(context, builder, signature.args[0], keys, slot), align=4)
        winding, change, pixel, last = (
            _row(context, builder, signature.args[2], state, slot.type(row)) for row in (WINDING, CHANGE, PIXEL, LAST)
        )
        zero, one = _constant(0), _constant(1)
        crosses = builder.icmp_signed("!=", key, _constant(NOTHING))
        turn = builder.sub(builder.shl(builder.and_(key, one), one), one)
        before = builder.load(winding, align=4)
        after = builder.add(before, builder.select(crosses, turn, zero))
        builder.store(after, winding, align=4)
        amount = builder.add(builder.and_(key, _constant(510)), _constant(65536))
        ends = builder.select(builder.icmp_signed("==", after, zero), builder.sub(zero, amount), zero)
        adds = builder.select(builder.icmp_signed("==", before, zero), amount, ends)
        builder.store(builder.select(crosses, adds, zero), change, align=4)
        place = builder.add(builder.ashr(key, _constant(9)), one)
        place = builder.select(crosses, place, zero)
        builder.store(place, pixel, align=4)
        farthest = builder.load(last, align=4)
        builder.store(builder.select(builder.icmp_signed(">", place, farthest), place, farthest), last, align=4)
        return context.get_dummy_value()

    return types.void(keys, types.intp, state), generate


def _row(context, builder, array_type, array, slot):
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [builder.mul(slot, slot.type(LANES))]), _INT.as_pointer())


def _constant(value):
    return ir.Constant(_INT, [value] * LANES)


def _all(builder, value):
    """The value in every lane."""
    vector = ir.VectorType(value.type, LANES)
    one = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.IntType(32)(0))
    return builder.shuffle_vector(one, ir.Constant(vector, ir.Undefined), ir.Constant(_INT, [0] * LANES))
