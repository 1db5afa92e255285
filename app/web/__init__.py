"""The game in the browser alone: `python -m app.web` builds the page."""
