// The pad as a Streamlit component: the strokes are its state, the game's buttons its triggers, the view its data.

const pads = new WeakMap();

export default function (component) {
  const { parentElement, data, setStateValue, setTriggerValue } = component;
  let pad = pads.get(parentElement);
  if (!pad) {
    pad = createPad(parentElement.querySelector(".root"), {
      send: (seq, strokes, done) => setStateValue("drawing", { seq, strokes, done }),
      play: (action) => setTriggerValue("game", action),
    });
    pads.set(parentElement, pad);
    pad.begin();
  }
  pad.show(data);
  pad.refresh();
  return () => {
    pad.close();
    pads.delete(parentElement);
  };
}
