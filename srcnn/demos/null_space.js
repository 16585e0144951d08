function start(root, data, { one, chosen, text, say, pixels, paint }) {
  const photograph = pixels(one(".photograph"));
  const { width, height } = photograph;
  const unseen = {};
  for (const [name, rest] of Object.entries(data.rest)) {
    // The twin is its bytes plus what rounding took away, in steps of 1/256.
    const [twin, fine] = [pixels(one(`.${name}`)).grey, new Int8Array(bytesOf(rest).buffer)];
    unseen[name] = Float64Array.from(twin, (value, k) => value + fine[k] / 256 - photograph.grey[k]);
  }

  // D along the rows of a picture `across` pixels wide; the result is turned on its side, so that twice is both ways.
  function shrinkRows(values, across) {
    const [down, short] = [values.length / across, across / data.scale];
    const result = new Float64Array(short * down);
    for (let row = 0; row < down; row++)
      for (let j = 0; j < short; j++)
        data.weights.forEach((weight, k) => {
          let n = data.scale * j + data.first + k;
          if (n < 0) n = -1 - n;
          if (n >= across) n = 2 * across - 1 - n;
          result[j * down + row] += weight * values[row * across + n];
        });
    return result;
  }
  const shrink = (values) => shrinkRows(shrinkRows(values, width), height);
  const largest = (a, b) => a.reduce((most, value, k) => Math.max(most, Math.abs(value - b[k])), 0);
  const before = shrink(photograph.grey);

  function update() {
    const [t, z] = [Number(chosen("amount")), unseen[chosen("twin")]];
    const picture = Float64Array.from(z, (value, k) => photograph.grey[k] + t * value);
    const small = shrink(picture);
    paint(one(".large"), picture, width);
    paint(one(".little"), small, width / data.scale);
    const changes = [largest(picture, photograph.grey), largest(small, before)];
    one(".large-change").textContent = text(changes[0]) + " grey levels";
    one(".little-change").textContent = text(changes[1], 2) + " grey levels";
    one("output").textContent = text(t, 2);
    say(
      t === 0
        ? "This is the photograph itself, and the small image that a method would be given."
        : `The picture changes by up to ${text(changes[0])} grey levels, its small image by ${text(changes[1], 2)}: ` +
            "whoever has only the small image cannot tell."
    );
    root.values = { changes, small: [...small] };
  }
  one("form").addEventListener("input", update);
  update();
}
