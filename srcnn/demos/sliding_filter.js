function start(root, data, { one, chosen, text, say, add, drag }) {
  const CELL = 40;
  const [height, width] = [data.picture.length, data.picture[0].length];
  const [outHeight, outWidth] = [height - 2, width - 2];
  let filled = new Set();
  let playing;
  let last = Number(chosen("place"));

  // Sums are whole numbers, or whole numbers of ninths.
  const fraction = (sum, parts) => {
    if (sum % parts === 0) return text(sum / parts);
    return text(sum) + "/" + parts;
  };
  const products = (filter, row, column) =>
    filter.weights.map((line, a) => line.map((weight, b) => weight * data.picture[row + a][column + b]));
  const total = (table) => table.flat().reduce((sum, value) => sum + value, 0);

  function table(svg, values, left, top, cell, kind, write) {
    values.forEach((line, i) =>
      line.forEach((value, j) => {
        add(svg, "rect", { class: "cell " + kind(value, i, j), x: left + j * cell, y: top + i * cell, width: cell, height: cell });
        add(svg, "text", { x: left + (j + 0.5) * cell, y: top + (i + 0.5) * cell, class: value === null ? "soft" : "" }, write(value));
      }),
    );
  }
  const shade = (value) => (value > 0 ? "lit" : value < 0 ? "dark" : "");

  function update() {
    const filter = data.filters[Number(chosen("filter"))];
    const place = Number(chosen("place"));
    const [row, column] = [Math.floor(place / outWidth), place % outWidth];
    filled.add(place);
    const input = one(".picture");
    input.replaceChildren();
    table(input, data.picture, 1, 1, CELL, (value) => (value ? "lit" : ""), (value) => text(value));
    add(input, "rect", { class: "frame", x: 1 + column * CELL, y: 1 + row * CELL, width: 3 * CELL, height: 3 * CELL });

    const output = one(".result");
    output.replaceChildren();
    const sums = Array.from({ length: outHeight }, (_, i) =>
      Array.from({ length: outWidth }, (_, j) => (filled.has(i * outWidth + j) ? total(products(filter, i, j)) : null)),
    );
    table(output, sums, 1, 1, CELL, shade, (sum) => (sum === null ? "" : fraction(sum, filter.parts)));
    add(output, "rect", { class: "frame", x: 1 + column * CELL, y: 1 + row * CELL, width: CELL, height: CELL });

    drawSum(filter, row, column);
    one("output").textContent = `${place + 1} of ${outHeight * outWidth}`;
    one("[name=place]").setAttribute("aria-valuetext", `row ${row}, column ${column}`);
    const sum = fraction(total(products(filter, row, column)), filter.parts);
    const done = filled.size === outHeight * outWidth;
    say(
      `Output row ${row}, column ${column}: the nine products sum to <b>${sum}</b>. ` +
        (done ? filter.told : "") +
        (done ? ` The filter has only ${outHeight} × ${outWidth} places, so the output is smaller than the picture.` : ""),
    );
    root.values = { sums: sums.map((line) => line.map((sum) => (sum === null ? null : sum / filter.parts))), filled: filled.size };
  }

  function drawSum(filter, row, column) {
    const svg = one(".sum");
    svg.replaceChildren();
    const [cell, top] = [44, 3];
    const middle = top + 1.5 * cell;
    const under = filter.weights.map((line, a) => line.map((_, b) => data.picture[row + a][column + b]));
    const write = (value) => fraction(value, filter.parts);
    table(svg, filter.weights, 2, top, cell, () => "", write);
    add(svg, "rect", { class: "frame", x: 2, y: top, width: 3 * cell, height: 3 * cell });
    add(svg, "text", { class: "sign", x: 154, y: middle }, "×");
    table(svg, under, 174, top, cell, (value) => (value ? "lit" : ""), (value) => text(value));
    add(svg, "text", { class: "sign", x: 328, y: middle }, "=");
    table(svg, products(filter, row, column), 350, top, cell, shade, write);
    add(svg, "text", { x: 517, y: middle - 12 }, "sum");
    add(svg, "text", { class: "sign", x: 517, y: middle + 10 }, "→");
    const sum = total(products(filter, row, column));
    const box = { x: 552, y: middle - 32, width: 88, height: 64 };
    add(svg, "rect", { class: "cell " + shade(sum), ...box });
    add(svg, "rect", { class: "frame", ...box });
    add(svg, "text", { class: "sign strong", x: 596, y: middle }, write(sum));
  }

  function go(place) {
    one("[name=place]").value = place;
    update();
  }
  function stop() {
    clearInterval(playing);
    playing = undefined;
    one(".play").textContent = "Play";
  }
  one(".play").addEventListener("click", () => {
    if (playing) return stop();
    one(".play").textContent = "Pause";
    if (filled.size === outHeight * outWidth || Number(chosen("place")) === outHeight * outWidth - 1) {
      filled = new Set();
      go(0);
    }
    playing = setInterval(() => {
      const next = Number(chosen("place")) + 1;
      if (next < outHeight * outWidth) go(next);
      if (next >= outHeight * outWidth - 1) stop();
    }, 450);
  });
  one(".again").addEventListener("click", () => {
    stop();
    filled = new Set();
    go(0);
  });
  one("form").addEventListener("input", (event) => {
    stop();
    if (event.target.name === "place")
      // A slider jumps where a finger moves fast: what lies between was passed.
      for (let k = last; k !== Number(event.target.value); k += Math.sign(event.target.value - k)) filled.add(k);
    update();
    last = Number(chosen("place"));
  });
  drag(one(".picture"), (x, y) => {
    stop();
    const inside = (value, most) => Math.max(0, Math.min(most, Math.round(value / CELL - 1.5)));
    go(inside(y, outHeight - 1) * outWidth + inside(x, outWidth - 1));
    last = Number(chosen("place"));
  });
  for (let k = 0; k < last; k++) filled.add(k);
  update();
}
