"""The drawing app: `streamlit run app/main.py`, and the static page, `python -m app.web`."""

import stages  # noqa: F401  whose import puts the package of this folder first
