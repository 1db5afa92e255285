"""Parse lines of .ndjson in the dataset's own layout straight into flat arrays, without the GIL.

Any line in another layout, valid or malformed, is left to `ndjson_line`: this code only has to recognise valid lines.
It is all in one file, since Numba's cache does not notice changes in files from which compiled functions are imported.
"""

from __future__ import annotations

import numpy as np

from sketch_classifier.drawings.jit import compiled

PADDING = b"\0" * 40  # bytes after the last line that may be read; none of them can be part of a line
MAX_WORD = 200  # bytes; a longer word is left to ndjson_line

WORD = np.frombuffer(b'{"word":"', np.uint8)
COUNTRYCODE = np.frombuffer(b'","countrycode":"', np.uint8)
TIMESTAMP = np.frombuffer(b'","timestamp":"', np.uint8)
RECOGNIZED = np.frombuffer(b' UTC","recognized":', np.uint8)
TRUE, FALSE = np.frombuffer(b"true", np.uint8), np.frombuffer(b"false", np.uint8)
KEY_ID = np.frombuffer(b',"key_id":"', np.uint8)
DRAWING = np.frombuffer(b'","drawing":[', np.uint8)
POWERS = np.array([float(10**k) for k in range(20)])  # exact in float64
LINE_END = np.frombuffer(b"]}\n", np.uint8)

COMMA, OPEN, CLOSE, DIGIT_0, DIGIT_9, MINUS, POINT, QUOTE, BACKSLASH, SPACE = (np.uint8(ord(c)) for c in ',[]09-."\\ ')

# Indices are unsigned in the inner loops, where Numba's check for negative ones would cost time. Unsigned and signed
# numbers must not be mixed (the result would be a float), so the constants are unsigned, too.
NONE, ONE, TWO, THREE, FOUR, NINE, TEN = (np.uint64(k) for k in (0, 1, 2, 3, 4, 9, 10))
ZERO, LARGEST, MAX_DIGITS = np.uint64(ord("0")), np.uint64(255), np.uint64(19)


@compiled()
def scan(
    text, start, stop, max_drawings, whole_numbers, floats, stroke_offsets, drawing_offsets, key_id, countrycode,
    recognized, timestamp, word_run, word_span,
):  # fmt: skip
    """Parse at most `max_drawings` lines of text[start:stop], up to one that is not in the dataset's layout.

    text           bytes; every line up to `stop` ends with a newline, and PADDING follows
    whole_numbers  (capacity, 2) uint8 for coordinates that are whole numbers in 0–255, otherwise empty
    floats         (capacity, 2 or 3) float64 for others, with times in the third column; its width always determines
                   the number of lists per stroke
    word_run, word_span  drawing n has the word text[a:b], where a, b = word_span[word_run[n]]
    The other arrays are as in `Drawings`; the first offsets are 0. Returns (drawings, position of the next line).
    """
    whole, num_lists = len(whole_numbers) > 0, floats.shape[1]
    n, p = drawing_offsets[0], start  # drawings, position; the first offsets are 0 (a literal 0 would compile twice)
    num_strokes, num_points, num_runs = drawing_offsets[0], stroke_offsets[0], 0
    while n < max_drawings and p < stop:
        line = p
        word = p + len(WORD)
        p, end = _columns(text, p, n, key_id, countrycode, recognized, timestamp)
        if p < 0:
            return n, line
        s, first = num_strokes, num_points
        while True:  # a stroke: [[x,…],[y,…]] or [[x,…],[y,…],[t,…]]
            if text[p] != OPEN or text[p + 1] != OPEN:
                return n, line
            p += 2
            length = -1
            for axis in range(num_lists):
                if axis > 0:
                    if text[p] != COMMA:
                        return n, line
                    p += 1 + (text[p + 1] == SPACE)
                    if text[p] != OPEN:
                        return n, line
                    p += 1
                if whole:
                    p, count = _whole_numbers(text, p, whole_numbers, first, axis)
                else:
                    p, count = _decimals(text, p, floats, first, axis)
                if p < 0 or (axis > 0 and count != length):
                    return n, line
                length = count
            if text[p] != CLOSE:
                return n, line
            first += length
            s += 1
            stroke_offsets[s] = first
            p += 1
            if text[p] != COMMA:
                break
            p += 1 + (text[p + 1] == SPACE)
        p = _after(text, p, LINE_END)
        if p < 0:
            return n, line
        if n == 0 or not _same(text, word, end, word_span[num_runs - 1]):
            word_span[num_runs, 0], word_span[num_runs, 1] = word, end
            num_runs += 1
        word_run[n] = num_runs - 1
        num_strokes, num_points = s, first
        n += 1
        drawing_offsets[n] = s
    return n, p


@compiled()
def _columns(text, p, n, key_id, countrycode, recognized, timestamp):
    """Parse everything up to the first stroke: (position after it or −1, end of the word)."""
    p = _after(text, p, WORD)
    if p < 0:
        return -1, p
    end = p
    while 32 <= text[end] < 127 and text[end] != QUOTE and text[end] != BACKSLASH and end - p <= MAX_WORD:
        end += 1
    if end - p > MAX_WORD:
        return -1, end
    p = _after(text, end, COUNTRYCODE)
    if p < 0:
        return -1, end
    countrycode[n] = 0
    for i in range(2):
        if 65 <= text[p] <= 90:
            countrycode[n, i] = text[p]
            p += 1
    p = _after(text, p, TIMESTAMP)
    if p < 0:
        return -1, end
    p, timestamp[n] = _microseconds(text, p)
    if p < 0:
        return -1, end
    p = _after(text, p, RECOGNIZED)
    if p < 0:
        return -1, end
    recognized[n] = text[p] == TRUE[0]
    p = _after(text, p, TRUE) if recognized[n] else _after(text, p, FALSE)
    if p < 0:
        return -1, end
    p = _after(text, p, KEY_ID)
    if p < 0:
        return -1, end
    first, value = p, np.uint64(0)
    while DIGIT_0 <= text[p] <= DIGIT_9 and p - first < 19:  # 19 digits always fit
        value = value * np.uint64(10) + np.uint64(text[p] - DIGIT_0)
        p += 1
    if p == first:
        return -1, end
    key_id[n] = value
    return _after(text, p, DRAWING), end


@compiled()
def _after(text, p, expected):
    """The position after `expected` if that is at `p`, otherwise −1."""
    for i in range(len(expected)):
        if text[p + i] != expected[i]:
            return -1
    return p + len(expected)


@compiled()
def _same(text, start, stop, span):
    if stop - start != span[1] - span[0]:
        return False
    for i in range(stop - start):
        if text[start + i] != text[span[0] + i]:
            return False
    return True


@compiled()
def _whole_numbers(text, position, numbers, first, axis):
    """Parse "12,0,255]" into numbers[first:, axis]: (position after it, or −1; how many)."""
    p, i, column = np.uint64(position), np.uint64(first), np.uint64(axis)
    wrong: bool | np.bool = False
    while True:
        a, b, c = np.uint64(text[p]) - ZERO, np.uint64(text[p + ONE]) - ZERO, np.uint64(text[p + TWO]) - ZERO
        if b > NINE:  # not a digit: a character below "0" wraps around to a large number
            value = a
            p += TWO
        elif c > NINE:
            value = TEN * a + b
            p += THREE
            wrong |= a == NONE
        else:
            value = TEN * (TEN * a + b) + c
            p += FOUR
            wrong |= a == NONE
        wrong |= (a > NINE) | (value > LARGEST)
        numbers[i, column] = np.uint8(value)
        i += ONE
        if text[p - ONE] != COMMA:
            break
        p += np.uint64(text[p] == SPACE)
    if wrong or text[p - ONE] != CLOSE:
        return -1, 0
    return np.int64(p), np.int64(i) - first


@compiled()
def _decimals(text, position, numbers, first, axis):
    """Parse "12,-3.25]" into numbers[first:, axis]: (position after it, or −1; how many).

    Every number is the float64 nearest to the text, as json reads it. Fails (−1) if a number has an exponent or more
    than 19 digits.
    """
    p, i, column = np.uint64(position), np.uint64(first), np.uint64(axis)
    while True:
        negative = text[p] == MINUS
        if negative:
            p += ONE
        start = p
        digits = NONE
        digit = np.uint64(text[p]) - ZERO
        while digit <= NINE:
            digits = TEN * digits + digit
            p += ONE
            digit = np.uint64(text[p]) - ZERO
        count = p - start
        if count == NONE or (count > ONE and text[start] == DIGIT_0):
            return -1, 0
        decimals = NONE
        if text[p] == POINT:
            p += ONE
            start = p
            digit = np.uint64(text[p]) - ZERO
            while digit <= NINE:
                digits = TEN * digits + digit
                p += ONE
                digit = np.uint64(text[p]) - ZERO
            decimals = p - start
            if decimals == NONE:
                return -1, 0
        if count + decimals > MAX_DIGITS:  # `digits` may have overflowed
            return -1, 0
        value = _quotient(digits, POWERS[decimals])
        numbers[i, column] = -value if negative else value
        i += ONE
        p += ONE
        if text[p - ONE] != COMMA:
            break
        p += np.uint64(text[p] == SPACE)
    if text[p - ONE] != CLOSE:
        return -1, 0
    return np.int64(p), np.int64(i) - first


@compiled()
def _quotient(digits, power):
    """The float64 nearest to digits / power, for digits < 10^19 and a power of ten up to 10^19."""
    value = np.float64(digits) / power
    if digits <= np.uint64(2**53):
        return value  # both are exact in float64, so that the division is rounded correctly
    # Dekker's product: value · power = product + error, exactly.
    product = value * power
    a, b = _halves(value)
    c, d = _halves(power)
    error = ((a * c - product) + a * d + b * c) + b * d
    # The difference of digits from value · power: only the last subtraction rounds.
    high = np.float64(digits)
    low = np.float64(np.int64(digits - np.uint64(high)))
    step = (((high - product) + low) - error) / power
    # `step` is at most two units in the last place of `value`, with an error below 2^-49 of one. A quotient half-way
    # between two float64 has power ≤ 10^4, and `step` is exact; any other is at least 5^-19 > 2^-45 away from half.
    return value + step


@compiled()
def _halves(value):
    """Veltkamp's split: two float64 of at most 26 bits that add up to `value`."""
    scaled = 134217729.0 * value
    high = scaled - (scaled - value)
    return high, value - high


@compiled()
def _two_digits(text, p):
    """The value of two digits, or a negative number."""
    high, low = np.int64(text[p]) - 48, np.int64(text[p + 1]) - 48
    return 10 * high + low if 0 <= high <= 9 and 0 <= low <= 9 else -10000


@compiled()
def _microseconds(text, p):
    """Parse "2017-03-02 23:25:10.07453": (position after it, or −1; microseconds since 1970)."""
    year = 100 * _two_digits(text, p) + _two_digits(text, p + 2)
    month, day = _two_digits(text, p + 5), _two_digits(text, p + 8)
    hour, minute, second = _two_digits(text, p + 11), _two_digits(text, p + 14), _two_digits(text, p + 17)
    if not (1 <= year and 1 <= month <= 12 and 0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60):
        return -1, 0
    if text[p + 4] != MINUS or text[p + 7] != MINUS or text[p + 10] != 32 or text[p + 13] != 58 or text[p + 16] != 58:
        return -1, 0
    leap = (year % 4 == 0 and year % 100 != 0) or year % 400 == 0
    month_days = 28 + leap if month == 2 else 30 if month in (4, 6, 9, 11) else 31
    if not 1 <= day <= month_days:
        return -1, 0
    p += 19
    fraction: int | np.int64
    fraction, unit = 0, 1_000_000
    if text[p] == POINT:
        p += 1
        while unit > 1 and DIGIT_0 <= text[p] <= DIGIT_9:
            unit //= 10
            fraction += (np.int64(text[p]) - 48) * unit
            p += 1
        if unit == 1_000_000:
            return -1, 0
    # Days since 1970-01-01 in the Gregorian calendar, with years that begin in March.
    if month <= 2:
        year, month = year - 1, month + 12
    days = 365 * year + year // 4 - year // 100 + year // 400 + (153 * (month - 3) + 2) // 5 + day - 719469
    return p, ((days * 24 + hour) * 60 + minute) * 60_000_000 + second * 1_000_000 + fraction
