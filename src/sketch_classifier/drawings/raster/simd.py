"""The 15 sub-rows of a pixel row at once: instructions on rows of 16 numbers that the compiler does not find by itself.

A row of `keys` is a slot; its lanes are the sub-rows, and one more to fill up the processor's registers. A lane holds
2 · (where an edge crosses the sub-row, in 1/256 pixel) + (1 where the edge runs downwards), or NOTHING.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import extending, types

from sketch_classifier.drawings.jit import inner

intrinsic: Callable[..., Any] = extending.intrinsic  # its annotations count `typing` among the caller's arguments

LANES = 16
NOTHING = 2**30  # larger than any key
WINDING, CHANGE, PIXEL, LAST = range(4)

_INT = ir.VectorType(ir.IntType(32), LANES)
_REAL = ir.VectorType(ir.DoubleType(), LANES)


@intrinsic
def cross(typing, keys, slot, fresh, first, last, x, slope, down):
    """Let an edge cross the sub-rows `first` to `last` − 1: in lane i at x + i · slope, cut off to a whole number.

    The other lanes keep what they hold, or hold NOTHING where the slot is `fresh`.
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
    """In every lane, put the smaller key of slots i and j in slot i and the larger in slot j."""

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
    """Before the first slot of a pixel row: (4, LANES) uint32 with the rows WINDING, CHANGE, PIXEL and LAST."""
    for lane in range(LANES):
        state[WINDING, lane] = state[LAST, lane] = 0


@inner()
def extent(keys, state):
    """The first and the last pixel that an edge crosses, in a pixel row whose slots `inside` went through."""
    first, last = keys[0, 0], state[LAST, 0]
    for lane in range(1, LANES):
        first, last = min(first, keys[0, lane]), max(last, state[LAST, lane])
    return np.int64(first >> 9), np.int64(last) - 1


@intrinsic
def inside(typing, keys, slot, state):
    """Go on to the next slot, once every lane is in order: what the key adds by the non-zero rule (CHANGE), and where
    (PIXEL).

    As the sums of scan.py have it: 65536 + twice the fraction where ink begins, minus that where it ends, 0
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
