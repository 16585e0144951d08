// Pictures in and out of files. The browser decodes them; what it does not tell is read from the file's own bytes.

import { blank } from "./try-pixels.js";

/** Pixels as they are in the file, turned as its EXIF orientation says: what open_photograph() of the package gives. */
const AS_STORED = { colorSpaceConversion: "none", premultiplyAlpha: "none", imageOrientation: "from-image" };

/** An error whose message is a sentence for the reader. */
export class Told extends Error {}

/** What is in a file: {picture, small, animated, profile}. check(pixels) may throw, before they take memory. */
export async function open(file, check) {
  if (!file.size) throw new Told(`“${file.name}” is empty: choose another picture.`);
  const facts = inspect(new Uint8Array(await file.arrayBuffer()));
  if (facts.size) check(facts.size);
  const bitmap = await createImageBitmap(file, AS_STORED).catch(() => {
    throw new Told(unreadable(file.name, facts));
  });
  const { width, height } = bitmap;
  check(width * height);
  if (width * height === 1) throw new Told("This picture is a single pixel: there is nothing in it to enlarge.");
  const picture = await pixels(bitmap, facts.grey);
  const smaller = Math.min(1, 160 / Math.max(width, height));
  const [resizeWidth, resizeHeight] = [width, height].map((size) => Math.max(1, Math.round(size * smaller)));
  const small = await createImageBitmap(bitmap, { resizeWidth, resizeHeight, resizeQuality: "high" });
  bitmap.close();
  const profile = await facts.profile?.catch(() => undefined);
  const fits = profile && latin(profile, 16, 20) === (picture.channels === 1 ? "GRAY" : "RGB ");
  return { picture, small, animated: facts.animated, profile: fits ? profile : undefined };
}

function unreadable(name, { heic }) {
  if (heic) return `This browser cannot read HEIC: save “${name}” as JPEG or PNG first, or open this page in Safari.`;
  return `“${name}” is not a picture that this browser can read: choose a whole PNG, JPEG, WebP, AVIF or GIF file.`;
}

function latin(bytes, from, to) {
  return String.fromCharCode(...bytes.subarray(from, to));
}

/**
 * What a file says of itself, as far as it is known: {size, grey, animated, heic, profile}.
 *
 * size: in pixels. grey: has one channel, of which the browser makes three. profile: a promise of the colour profile.
 */
function inspect(bytes) {
  const facts = {};
  const kinds = { "\x89PNG": inspectPng, "\xff\xd8\xff": inspectJpeg, GIF8: inspectGif, RIFF: inspectWebp };
  const read = kinds[Object.keys(kinds).find((start) => latin(bytes, 0, start.length) === start)] ?? inspectOthers;
  try {
    read(facts, bytes, new DataView(bytes.buffer));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // the file ends too early: what was found still holds
  }
  return facts;
}

function inspectPng(facts, bytes, view) {
  facts.size = view.getUint32(16) * view.getUint32(20);
  facts.grey = bytes[25] === 0;
  for (let at = 8, name; name !== "IDAT"; at += 12 + view.getUint32(at)) {
    const data = bytes.subarray(at + 8, at + 8 + view.getUint32(at));
    name = latin(bytes, at + 4, at + 8);
    if (name === "acTL") facts.animated = view.getUint32(at + 8) > 1;
    if (name === "iCCP") facts.profile = inflated(data.subarray(data.indexOf(0) + 2)); // after its name and a method
    if (name === "tRNS") facts.grey = false; // one level is transparent
  }
}

function inspectJpeg(facts, bytes, view) {
  const parts = [];
  for (let at = 2, marker; marker !== 0xda && bytes[at] === 0xff; at += 2 + view.getUint16(at + 2)) {
    marker = bytes[at + 1];
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) [facts.size, facts.grey] = [view.getUint16(at + 5) * view.getUint16(at + 7), bytes[at + 9] === 1];
    const isProfile = marker === 0xe2 && latin(bytes, at + 4, at + 15) === "ICC_PROFILE";
    if (isProfile) parts[bytes[at + 16]] = bytes.subarray(at + 18, at + 2 + view.getUint16(at + 2));
  }
  if (parts.length) facts.profile = joined(parts.filter(Boolean));
}

function inspectGif(facts, bytes, view) {
  facts.size = view.getUint16(6, true) * view.getUint16(8, true);
  const colours = (flags) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  let frames = 0;
  for (let at = 13 + colours(bytes[10]); at < bytes.length && bytes[at] !== 0x3b; at++) {
    const isFrame = bytes[at] === 0x2c; // or an extension
    frames += isFrame;
    at += isFrame ? 11 + colours(bytes[at + 9]) : 2;
    while (bytes[at]) at += 1 + bytes[at]; // blocks of data, of which the last has no bytes
  }
  facts.animated = frames > 1;
}

function inspectWebp(facts, bytes) {
  facts.animated = latin(bytes, 8, 16) === "WEBPVP8X" && (bytes[20] & 2) > 0;
}

function inspectOthers(facts, bytes) {
  facts.animated = latin(bytes, 4, 12) === "ftypavis";
  facts.heic = /^ftyp(hei|hev|mif1|msf1)/.test(latin(bytes, 4, 12));
}

/** The pixels of an ImageBitmap as a picture, in strips, because some browsers allow no large canvas. */
async function pixels(bitmap, grey) {
  const { width, height } = bitmap;
  const rows = Math.max(1, Math.floor(2 ** 20 / width));
  let [picture, read] = [blank(width, height, grey ? 1 : 3), fromCanvas(bitmap, rows)];
  for (let top = 0; top < height; top += rows) {
    const strip = await read(top, Math.min(rows, height - top));
    if (picture.channels < 4 && strip.some((value, i) => i % 4 === 3 && value < 255)) {
      [picture, read] = [blank(width, height, 4), fromTexture(bitmap) ?? read];
      top = -rows; // once more from the start, with alpha
      continue;
    }
    const { channels, data } = picture;
    const start = top * width * channels;
    for (let i = 0, at = start; i < strip.length; i += 4) for (let c = 0; c < channels; c++) data[at++] = strip[i + c];
  }
  return picture;
}

/** function(top, rows) -> RGBA. Exact where the picture is opaque: a canvas keeps colours multiplied by alpha. */
function fromCanvas(bitmap, rows) {
  const canvas = new OffscreenCanvas(bitmap.width, Math.min(rows, bitmap.height));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  return (top, rows) => {
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.drawImage(bitmap, 0, -top);
    return context.getImageData(0, 0, canvas.width, rows).data;
  };
}

/** The same, exact for transparent pixels as well, if there is WebGL; what it adds can hardly be seen. */
function fromTexture(bitmap) {
  const gl = new OffscreenCanvas(1, 1).getContext("webgl");
  if (!gl || bitmap.width > gl.getParameter(gl.MAX_TEXTURE_SIZE)) return null;
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
  return async (top, rows) => {
    const strip = await createImageBitmap(bitmap, 0, top, bitmap.width, rows, AS_STORED);
    const data = new Uint8Array(4 * bitmap.width * rows);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, strip);
    gl.readPixels(0, 0, bitmap.width, rows, gl.RGBA, gl.UNSIGNED_BYTE, data);
    strip.close();
    return data;
  };
}

/**
 * A PNG file of a picture, with the colour profile of the file it came from.
 *
 * Written here, because a canvas would lose colours under alpha, and has no place for a large picture.
 */
export async function encodePng(picture, profile) {
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, picture.width);
  header.setUint32(4, picture.height);
  header.setUint8(8, 8); // bits
  header.setUint8(9, { 1: 0, 3: 2, 4: 6 }[picture.channels]);
  const parts = [Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10), ...chunk("IHDR", new Uint8Array(header.buffer))];
  if (profile) parts.push(...chunk("iCCP", await profileChunk(profile)));
  for await (const data of deflated(filtered(picture))) parts.push(...chunk("IDAT", data));
  return new Blob([...parts, ...chunk("IEND", new Uint8Array())], { type: "image/png" });
}

/** The contents of an iCCP chunk: a name, the method 0, and the profile compressed. */
async function profileChunk(profile) {
  const parts = [new TextEncoder().encode("profile\0\0")];
  for await (const part of deflated([profile])) parts.push(part);
  return joined(parts);
}

async function inflated(data) {
  return joined([await new Response(new Blob([data]).stream().pipeThrough(new DecompressionStream("deflate"))).blob()]);
}

async function joined(parts) {
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** The rows of a picture by PNG's fourth filter: each byte less Paeth's guess of it from its neighbours. */
function* filtered({ width, height, channels, data }) {
  const length = width * channels;
  for (let y = 0, at = 0; y < height; y++) {
    const row = new Uint8Array(1 + length);
    row[0] = 4;
    for (let i = 0; i < length; i++, at++) {
      const left = i < channels ? 0 : data[at - channels];
      const above = y === 0 ? 0 : data[at - length];
      const corner = i < channels || y === 0 ? 0 : data[at - length - channels];
      const [a, b, c] = [Math.abs(above - corner), Math.abs(left - corner), Math.abs(left + above - 2 * corner)];
      row[1 + i] = data[at] - (a <= b && a <= c ? left : b <= c ? above : corner);
    }
    yield row;
  }
}

/** Uint8Arrays through zlib, a few at a time. */
async function* deflated(parts) {
  const { writable, readable } = new CompressionStream("deflate");
  const [writer, reader] = [writable.getWriter(), readable.getReader()];
  const writing = (async () => {
    for (const part of parts) await writer.write(part);
    await writer.close();
  })();
  for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
  await writing;
}

/** A chunk of a PNG file: length, name, data, checksum. */
function chunk(name, data) {
  const [length, end] = [new DataView(new ArrayBuffer(4)), new DataView(new ArrayBuffer(4))];
  const letters = new TextEncoder().encode(name);
  length.setUint32(0, data.length);
  let crc = -1;
  for (const part of [letters, data]) for (const byte of part) crc = CRC[(crc ^ byte) & 255] ^ (crc >>> 8);
  end.setUint32(0, ~crc);
  return [length, letters, data, end];
}

const CRC = Int32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n;
});
