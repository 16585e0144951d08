// The worker of "Try it": it keeps the picture and the result, so the page itself never waits for them.
//
// It is told {do: "run", file, network, scale}, {do: "view", box} or {do: "save"}, and answers {says}, {progress},
// {done}, {view}, {png} or {error}. To stop it, the page ends it.

import * as built from "./try/built.js";
import { Told, encodePng, open } from "./try-files.js";
import { blank, crop, enlarge, paste, region } from "./try-pixels.js";

/** Pixels of the result along a tile's side: it bounds the memory and does not change the result. */
const TILE = 512;

/** The most megapixels of a result, kept as up to four bytes a pixel: with more, tabs of smaller machines die. */
const LIMIT = 100;

/** Where the network runs: as long as they fail, the next. */
const devices = ["webgpu", "wasm"];

let last; // {picture, profile, scale, result} of the last run

const actions = {
  async run({ file, network, scale }) {
    last = null;
    if (!self.WebAssembly) throw new Told("This browser has no WebAssembly, which runs the network: try another.");
    self.postMessage({ says: "Reading the picture" });
    const { picture, small, animated, profile } = await open(file, (size) => checkSize(size, scale));
    self.postMessage({ says: "Loading the network" });
    const luma = await runner(network, scale);
    const result = blank(picture.width * scale, picture.height * scale, picture.channels);
    const start = performance.now();
    const focus = await enlargeInTiles(picture, result, scale, built.networks[network].margins[scale], luma);
    const seconds = (performance.now() - start) / 1000;
    last = { picture, profile, scale, result };
    const { width, height } = result;
    self.postMessage({ done: { width, height, small, animated, focus, seconds, device: devices[0] } }, [small]);
  },

  /** The same part of the bicubic picture and of the network's: the first is made when it is looked at. */
  async view({ box }) {
    const { picture, scale, result } = last;
    const bicubic = (y, width, height) => enlarge(y, width, height, scale);
    const before = await region(picture, scale, 3, bicubic, box);
    const after = crop(result, box.left, box.top, box.width, box.height);
    self.postMessage({ view: { before: toImageData(before), after: toImageData(after) } });
  },

  async save() {
    self.postMessage({ png: await encodePng(last.result, last.profile) });
  },
};

self.onmessage = async ({ data }) => {
  try {
    await actions[data.do](data);
  } catch (error) {
    self.postMessage({ error: error instanceof Told ? error.message : unforeseen(error) });
  }
};

function unforeseen(error) {
  const memory = error instanceof RangeError || /memory|allocat/i.test(error.message);
  if (memory) return "This browser ran out of memory: take a smaller picture or a smaller scale.";
  return `The network could not be run here (${error.message}): load the page again, or try another browser.`;
}

function checkSize(size, scale) {
  const [before, after] = [size / 1e6, (size * scale * scale) / 1e6].map((millions) => Math.ceil(millions));
  if (after <= LIMIT) return;
  throw new Told(
    `${before} megapixels would become ${after} at ×${scale}, and this page stops at ${LIMIT}, because the whole result ` +
      "has to fit into the browser's memory: take a smaller scale or picture, or the command srcnn upscale.",
  );
}

/** Fill `result`, tile by tile; returns where its edges are strongest, because there is the most to compare. */
async function enlargeInTiles(picture, result, scale, margin, luma) {
  const [step, { width, height }] = [TILE - (TILE % scale), result];
  const corners = [];
  for (let top = 0; top < height; top += step) for (let left = 0; left < width; left += step) corners.push([left, top]);
  let focus = { edges: -1 };
  for (const [done, [left, top]] of corners.entries()) {
    self.postMessage({ progress: done / corners.length });
    const box = { left, top, width: Math.min(step, width - left), height: Math.min(step, height - top) };
    const tile = await region(picture, scale, margin, luma, box);
    paste(result, tile, left, top);
    for (const { x, y, edges } of squares(tile)) if (edges > focus.edges) focus = { x: left + x, y: top + y, edges };
  }
  return focus;
}

/** The middle of each square of 64 pixels, and the sum of the steps from pixel to pixel in it. */
function* squares({ width, height, channels, data }) {
  for (let top = 0; top < height; top += 64) {
    for (let left = 0; left < width; left += 64) {
      const [right, bottom] = [Math.min(left + 64, width), Math.min(top + 64, height)];
      let edges = 0;
      for (let y = top; y < bottom; y++) {
        for (let x = left + 1; x < right; x++) {
          const at = (y * width + x) * channels;
          edges += Math.abs(data[at] - data[at - channels]);
        }
      }
      yield { x: (left + right) / 2, y: (top + bottom) / 2, edges };
    }
  }
}

/** luma() for region(): the network on the graphics card or, where there is none or it fails, on the processor. */
async function runner(network, scale) {
  if (devices[0] === "webgpu" && !(await hasGraphicsCard())) devices.shift();
  let run;
  return async (y, width, height) => {
    while (true) {
      try {
        run ??= await load(devices[0], network, scale);
        return await run(y, width, height);
      } catch (error) {
        if (devices.length === 1) throw error;
        devices.shift();
        run = null;
      }
    }
  };
}

/** Whether there is WebGPU; one that a processor imitates is slower than WebAssembly. */
async function hasGraphicsCard() {
  const adapter = await navigator.gpu?.requestAdapter().catch(() => null);
  return Boolean(adapter) && !adapter.info?.isFallbackAdapter;
}

async function load(device, network, scale) {
  const here = new URL("./try/", import.meta.url).href;
  const ort = await import(`./try/ort.${device}.min.mjs`);
  ort.env.wasm.wasmPaths = here; // or it would guess
  ort.env.logLevel = "error";
  const options = { executionProviders: [device] };
  const session = await ort.InferenceSession.create(`${here}${network}-x${scale}.onnx`, options);
  return async (y, width, height) => {
    const lr = new ort.Tensor("float32", y, [1, height, width, 1]);
    const { sr } = await session.run({ lr });
    const result = await sr.getData();
    if (!result.every(Number.isFinite)) throw new Error("it gave numbers that are not finite");
    return result;
  };
}

function toImageData({ width, height, channels, data }) {
  const image = new ImageData(width, height);
  const colour = channels === 1 ? [0, 0, 0] : [0, 1, 2];
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = data[i * channels + colour[c]];
    image.data[4 * i + 3] = channels === 4 ? data[4 * i + 3] : 255;
  }
  return image;
}
