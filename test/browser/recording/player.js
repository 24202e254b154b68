/* global window, document, Image, OffscreenCanvas */
// The player of docs/how-to/record-a-session.md, with a function that the specs call.
import { Replayer } from '/replay.js';

window.play = (events) => {
  const replayer = new Replayer(events, { root: document.body, mouseTail: false, showWarning: false });
  const { totalTime } = replayer.getMetaData();
  // Beyond the last event: an event at the very end is shown too.
  replayer.pause(totalTime + 1);
};

/** Share of pixels that differ between two PNGs, and the number of colours of the second, in a rectangle. */
window.compare = async (first, second, { x, y, width, height }) => {
  const pixels = async (base64) => {
    const image = new Image();
    image.src = `data:image/png;base64,${base64}`;
    await image.decode();
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext('2d');
    context.drawImage(image, x, y, width, height, 0, 0, width, height);
    return new Uint32Array(context.getImageData(0, 0, width, height).data.buffer);
  };
  const [a, b] = await Promise.all([pixels(first), pixels(second)]);
  return {
    differing: a.filter((pixel, index) => pixel !== b[index]).length / a.length,
    colours: new Set(b).size,
  };
};
