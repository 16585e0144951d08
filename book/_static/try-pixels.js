// The package's arithmetic, in JavaScript: srcnn/upscale.py, enlarge() of srcnn/resample.py, visible_colours() of
// srcnn/images.py. tests/test_try.py holds both to the same pixels.
//
// A picture is {width, height, channels, data}, with 1 channel for grey, 3 for RGB, 4 with alpha. Its data is a
// Uint8ClampedArray, because that rounds and clips what is put into it just as to_bytes() does.
// A plane is a Float32Array of width * height numbers. What is in between is computed in double precision.

/** An empty picture. */
export function blank(width, height, channels) {
  return { width, height, channels, data: new Uint8ClampedArray(width * height * channels) };
}

/** A part of a picture; `left` and `top` are inside it, and what would reach beyond it is cut off. */
export function crop(picture, left, top, width, height) {
  const part = blank(Math.min(width, picture.width - left), Math.min(height, picture.height - top), picture.channels);
  const [row, whole] = [part.width * part.channels, picture.width * picture.channels];
  for (let y = 0; y < part.height; y++) {
    const start = (top + y) * whole + left * part.channels;
    part.data.set(picture.data.subarray(start, start + row), y * row);
  }
  return part;
}

/** Put `part` into the picture at (left, top). */
export function paste(picture, part, left, top) {
  const [row, whole] = [part.width * part.channels, picture.width * picture.channels];
  for (let y = 0; y < part.height; y++) {
    picture.data.set(part.data.subarray(y * row, (y + 1) * row), (top + y) * whole + left * part.channels);
  }
}

/**
 * The box {left, top, width, height} of the picture `scale` times its size, and of nothing else.
 *
 * luma: function(plane, width, height) -> the plane `scale` times its size, in [0, 1], or a promise of it.
 * margin: the pixels around a pixel that can reach what luma makes of it. The box is computed together with as much of
 * its surroundings, so it is what it would be in the whole picture: tiles leave no seam.
 */
export async function region(picture, scale, margin, luma, box) {
  const reach = picture.channels === 4 ? margin + ALPHA_REACH : margin;
  const [left, top] = [box.left, box.top].map((start) => Math.max(Math.floor(start / scale) - reach, 0));
  const [right, bottom] = [box.left + box.width, box.top + box.height].map((end) => Math.ceil(end / scale) + reach);
  const larger = await enlargePicture(crop(picture, left, top, right - left, bottom - top), scale, luma);
  return crop(larger, box.left - left * scale, box.top - top * scale, box.width, box.height);
}

/** luma() on Y of BT.601, bicubic on Cb, Cr and alpha; a grey picture has no Y, and luma() takes it as it is. */
async function enlargePicture(picture, scale, luma) {
  const { width, height, channels } = picture;
  const larger = blank(width * scale, height * scale, channels);
  const bicubic = (plane) => enlarge(plane, width, height, scale);
  if (channels === 1) {
    const sr = await luma(plane(picture, 0), width, height);
    for (let i = 0; i < sr.length; i++) larger.data[i] = 255 * sr[i];
    return larger;
  }
  const [y, cb, cr] = toYcc(channels === 4 ? visibleColours(picture) : picture);
  const [sr, blue, red] = [await luma(y, width, height), bicubic(cb), bicubic(cr)];
  toRgb(sr, blue, red, larger);
  if (channels === 4) {
    const alpha = bicubic(plane(picture, 3));
    for (let i = 0; i < alpha.length; i++) larger.data[4 * i + 3] = 255 * alpha[i];
  }
  return larger;
}

/** One channel of a picture, in [0, 1]. */
function plane({ channels, data }, channel) {
  return Float32Array.from({ length: data.length / channels }, (_, i) => data[i * channels + channel] / 255);
}

/** Y in [0, 1], which is what networks take, Cb and Cr in 16..240: rgb2ycbcr() of scikit-image. */
function toYcc({ width, height, channels, data }) {
  const [y, cb, cr] = [1, 2, 3].map(() => new Float32Array(width * height));
  for (let i = 0, at = 0; i < y.length; i++, at += channels) {
    const [r, g, b] = [data[at] / 255, data[at + 1] / 255, data[at + 2] / 255];
    y[i] = (16 + 65.481 * r + 128.553 * g + 24.966 * b) / 255;
    cb[i] = 128 - 37.797 * r - 74.203 * g + 112 * b;
    cr[i] = 128 + 112 * r - 93.786 * g - 18.214 * b;
  }
  return [y, cb, cr];
}

/** ycbcr2rgb() of scikit-image, whose matrix is the inverse of the one above: hence the two tiny numbers. */
function toRgb(y, cb, cr, { channels, data }) {
  for (let i = 0, at = 0; i < y.length; i++, at += channels) {
    const light = 1.1643835616438358 * (255 * Math.min(Math.max(y[i], 0), 1) - 16);
    const [blue, red] = [cb[i] - 128, cr[i] - 128];
    data[at] = light + 3.0112439739763348e-7 * blue + 1.5960268873357037 * red;
    data[at + 1] = light - 0.39176253994145005 * blue - 0.81296829216220534 * red;
    data[at + 2] = light + 2.0172326395564593 * blue + 3.0542617452484697e-6 * red;
  }
}

/** Keys' bicubic with a = -1/2, pixels with their centres at one half, the image mirrored at its border. */
export function enlarge(plane, width, height, scale) {
  const [across, down] = [taps(width, scale), taps(height, scale)];
  const wide = width * scale;
  const wider = new Float32Array(wide * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0, t = 0; x < wide; x++) {
      let sum = 0;
      for (const end = t + 4; t < end; t++) sum += across.weights[t] * plane[y * width + across.pixels[t]];
      wider[y * wide + x] = sum;
    }
  }
  const larger = new Float32Array(wide * height * scale);
  for (let y = 0, t = 0; y < height * scale; y++, t += 4) {
    const [a, b, c, d] = down.pixels.subarray(t, t + 4).map((row) => row * wide);
    const [u, v, w, z] = down.weights.subarray(t, t + 4);
    for (let x = 0; x < wide; x++) {
      larger[y * wide + x] = u * wider[a + x] + v * wider[b + x] + w * wider[c + x] + z * wider[d + x];
    }
  }
  return larger;
}

/** Along one axis: for each pixel of the result the four pixels it is made of, and their weights. */
function taps(size, scale) {
  const [pixels, weights] = [new Int32Array(4 * size * scale), new Float64Array(4 * size * scale)];
  for (let i = 0; i < size * scale; i++) {
    const centre = (i + 0.5) / scale - 0.5;
    for (let tap = 0; tap < 4; tap++) {
      const pixel = Math.floor(centre) - 1 + tap;
      const turned = ((pixel % (2 * size)) + 2 * size) % (2 * size);
      pixels[4 * i + tap] = Math.min(turned, 2 * size - 1 - turned);
      weights[4 * i + tap] = keys(Math.abs(pixel - centre));
    }
  }
  return { pixels, weights };
}

function keys(d) {
  if (d < 1) return 1.5 * d ** 3 - 2.5 * d ** 2 + 1;
  return d < 2 ? -0.5 * d ** 3 + 2.5 * d ** 2 - 4 * d + 2 : 0;
}

const ALPHA_REACH = 16;

/** Give each pixel that is more transparent than its surroundings their colour, or what nobody sees would leak out. */
function visibleColours(picture) {
  const { width, height, data } = picture;
  if (data.every((value, i) => i % 4 < 3 || value === data[3])) return picture;
  const premultiplied = [0, 1, 2, 3].map((channel) =>
    Float64Array.from({ length: width * height }, (_, i) => {
      const alpha = data[4 * i + 3] / 255;
      return channel < 3 ? data[4 * i + channel] * alpha : alpha;
    }),
  );
  const near = premultiplied.map((one) => blur(blur(one, width, height, 1, width), height, width, width, 1));
  const seen = { ...picture, data: new Uint8ClampedArray(data) };
  for (let i = 0; i < width * height; i++) {
    const weight = near[3][i];
    const share = weight > 0 ? Math.min((2 * data[4 * i + 3]) / (255 * weight), 1) : 1;
    for (let channel = 0; channel < 3 && share < 1; channel++) {
      const colour = near[channel][i] / weight;
      seen.data[4 * i + channel] = share * data[4 * i + channel] + (1 - share) * colour;
    }
  }
  return seen;
}

/**
 * A Gaussian of 2 pixels along one axis, the last pixel repeated beyond the border: gaussian_filter() of SciPy.
 *
 * Lines of `length` pixels, each `step` from the next; there are `lines` of them, each `stride` from the next.
 */
function blur(plane, length, lines, step, stride) {
  const weights = Float64Array.from({ length: 2 * ALPHA_REACH + 1 }, (_, i) => Math.exp(-((i - ALPHA_REACH) ** 2) / 8));
  const total = weights.reduce((sum, weight) => sum + weight);
  const result = new Float64Array(plane.length);
  for (let line = 0; line < lines; line++) {
    for (let i = 0; i < length; i++) {
      let sum = 0;
      for (let tap = -ALPHA_REACH; tap <= ALPHA_REACH; tap++) {
        const at = Math.min(Math.max(i + tap, 0), length - 1);
        sum += weights[tap + ALPHA_REACH] * plane[line * stride + at * step];
      }
      result[line * stride + i * step] = sum / total;
    }
  }
  return result;
}
