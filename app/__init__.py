"""The drawing app: `streamlit run app/main.py`, and the static page, `python -m app.web`."""

import stages  # noqa: F401  its import puts the package of this folder first on sys.path
