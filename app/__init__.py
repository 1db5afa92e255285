"""The drawing app: `streamlit run app/main.py`, and the page for a browser alone, `python -m app.web`."""
