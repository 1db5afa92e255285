"""The drawing app: `streamlit run app/main.py`."""

import gc
import os
import sys
import time
from pathlib import Path

import streamlit as st

PROJECT = Path(__file__).resolve().parents[1]
if str(PROJECT) not in sys.path:  # Streamlit adds only the script's own folder
    sys.path.insert(0, str(PROJECT))

from app.choice import OWN, OWN_LABEL, shipped_label  # noqa: E402
from app.neighbours import Neighbours, load_neighbours  # noqa: E402
from app.photo_page import show_photo  # noqa: E402
from app.report_page import show_report  # noqa: E402
from app.session import Session  # noqa: E402
from app.shared import shared  # noqa: E402
from sketch_classifier import Predictor, UserError  # noqa: E402
from sketch_classifier.data.dataset import Dataset  # noqa: E402
from sketch_classifier.models.shipped import STANDARD, shipped_folder, shipped_models  # noqa: E402
from sketch_classifier.serving.predictor import has_model  # noqa: E402

ROOT = Path(os.environ.get("SKETCH_CLASSIFIER_ROOT", PROJECT))  # contains models/, data/, metrics/ and plots/
MODELS, PROCESSED = ROOT / "models", ROOT / "data/processed"
PAD = PROJECT / "app/pad"


# Limits the width of the page. The pad reruns constantly while the user draws, so stale elements must not fade.
STYLE = """<style>
.block-container { max-width: 1080px; padding-top: 0.8rem; padding-bottom: 2rem }
[data-testid="stHeader"] { left: auto; width: 4rem }  /* only as wide as its menu: the page links are beside it */
.st-key-pages { gap: 0.4rem; padding-right: 3rem }
[data-stale="true"] { opacity: 1 !important; transition: none !important }
</style>"""


def model(which: str, stamp: int) -> Predictor:
    """The predictor, shared by all visitors, and reloaded when the model file has changed."""
    with st.spinner("Loading the model …"):
        return shared(f"model {which}", stamp, lambda: _loaded(which))


def _loaded(which: str) -> Predictor:
    """A predictor that has already made one prediction, so that all code is compiled before the first stroke."""
    predictor = Predictor(MODELS) if which == OWN else Predictor.pretrained(which)
    if predictor.about.channels != "color":
        Session(predictor, None, time.monotonic).draw({"strokes": [[[0, 1], [0, 1]]], "done": True})
    gc.freeze()  # the loaded objects are permanent, so garbage collection need not traverse them during drawing
    return predictor


def neighbours(which: str, stamp: int, predictor: Predictor) -> Neighbours | None:
    """The training drawings for the nearest-neighbour search, loaded once; None if the model's are not available."""

    def load() -> Neighbours | None:
        try:
            return load_neighbours(MODELS / "model.onnx", predictor, Dataset.open(PROCESSED), ROOT / ".cache/app")
        except UserError:
            return None

    if which != OWN:
        return None
    with st.spinner("Computing the features of the training drawings (once) …"):
        return shared("neighbours", stamp, load)


@st.cache_resource
def pad():
    """The canvas, as a Streamlit component."""
    read = [(PAD / name).read_text(encoding="utf-8") for name in ("pad.js", "streamlit.js", "pad.css")]
    return st.components.v2.component(
        "sketch_pad", html='<div class="root"></div>', js="\n".join(read[:2]), css=read[2]
    )


def draw_page() -> None:
    """Show the drawing page."""
    found = loaded_model()
    if found is None:
        return
    which, stamp, predictor = found
    if predictor.about.channels == "color":
        st.info("This model was trained on photographs and does not accept drawings.", icon=":material/draw:")
        return
    if st.session_state.get("asked") != (which, stamp):
        st.session_state.session = Session(predictor, neighbours(which, stamp, predictor), time.monotonic)
        st.session_state.asked = (which, stamp)
    canvas(f"pad-{which}")


def photo_page() -> None:
    """Show the page that classifies photos and scans of drawings."""
    found = loaded_model()
    if found:
        show_photo(found[2])


def loaded_model() -> tuple[str, int, Predictor] | None:
    """The selected model, the modification time of its file, and the predictor.

    None, with a note on the page, if there is no model.
    """
    which = chosen_model()
    try:
        stamp = ((MODELS if which == OWN else shipped_folder(which)) / "model.onnx").stat().st_mtime_ns
        return which, stamp, model(which, stamp)
    except FileNotFoundError:
        st.info("There is no model yet. Run `dvc repro`, then reload this page.", icon=":material/draw:")
    except UserError as error:
        st.info(str(error), icon=":material/draw:")
    return None


def chosen_model() -> str:
    """OWN, or the name of a pre-trained model, which is the default if there is no own model."""
    if STANDARD not in shipped_models():
        return OWN
    labels = {OWN: OWN_LABEL, STANDARD: shipped_label(STANDARD)}
    first = list(labels).index(OWN if has_model(MODELS) else STANDARD)
    return st.radio(
        "Model", list(labels), first, format_func=labels.__getitem__, horizontal=True, label_visibility="collapsed"
    )


@st.fragment
def canvas(key: str) -> None:
    """Show the pad. Drawing reruns only this function; with another key, the drawing is classified again."""
    session = st.session_state.session

    def sent() -> None:
        session.draw(st.session_state[key].get("drawing"))

    def played() -> None:
        session.play(st.session_state[key].get("game"))

    pad()(key=key, data=session.view(), on_drawing_change=sent, on_game_change=played)


def report_page() -> None:
    """Show the model's report."""
    show_report(ROOT)


st.set_page_config(page_title="Sketch classifier", page_icon="✏️", layout="wide")
st.html(STYLE)
pages = [
    st.Page(draw_page, title="Draw", icon=":material/draw:", default=True),
    st.Page(photo_page, title="Photo", icon=":material/photo_camera:", url_path="photo"),
    st.Page(report_page, title="Report", icon=":material/monitoring:", url_path="report"),
]
page = st.navigation(pages, position="hidden")  # on a phone, Streamlit's own navigation is a button without a label
with st.container(horizontal=True, key="pages"):
    for one in pages:
        st.page_link(one)
page.run()
