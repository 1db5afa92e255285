"""The static page, where the model runs in the browser without a server: `python -m app.web` builds it."""
