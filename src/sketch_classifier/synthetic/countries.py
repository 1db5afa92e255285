"""The countries of the drawers: the shares of the most common ones, close to those in the real dataset.

`DIFFERENT` is the country whose drawers draw some categories differently (the templates with `country=DIFFERENT`). Its
share is larger than in the real dataset, so that the effect is visible with a thousand drawings per category.
"""

DIFFERENT = "JP"

SHARES = {
    "US": 0.430, "GB": 0.075, "JP": 0.060, "CA": 0.038, "DE": 0.034, "RU": 0.031, "AU": 0.027, "BR": 0.020, "SE": 0.019,
    "FI": 0.018, "CZ": 0.017, "TH": 0.017, "IT": 0.016, "PL": 0.016, "FR": 0.016, "PH": 0.015, "KR": 0.013, "HU": 0.013,
    "SA": 0.012, "NL": 0.012, "RO": 0.011, "SK": 0.010, "VN": 0.010, "ID": 0.009, "IN": 0.009, "IE": 0.008, "NO": 0.008,
    "UA": 0.008, "TR": 0.007, "HR": 0.007, "AE": 0.006, "NZ": 0.006, "ZZ": 0.022,
}  # fmt: skip
