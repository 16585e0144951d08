// Eq. (2.2) and (2.3).
function kernelOf(name, a) {
  return (t) => {
    if (name === "nearest") return t >= -0.5 && t < 0.5 ? 1 : 0;
    t = Math.abs(t);
    if (name === "linear") return Math.max(0, 1 - t);
    if (t <= 1) return (a + 2) * t ** 3 - (a + 3) * t ** 2 + 1;
    return t < 2 ? a * (t ** 3 - 5 * t ** 2 + 8 * t - 4) : 0;
  };
}

function start(root, data, { one, chosen, text, say, add, drag }) {
  const [FIRST, LAST] = [-1, 4]; // the pixels that are drawn; more of them are computed with
  const ramp = (n) => n;
  const edge = (n) => (n < 1.5 ? 0 : 1);

  function draw(svg, { low, high, top, bottom, wide }) {
    svg.replaceChildren();
    const left = 14;
    const board = {
      x: (place) => left + ((place - FIRST + 0.5) / (LAST - FIRST + 1)) * (wide - 2 * left),
      y: (value) => bottom - ((value - low) / (high - low)) * (bottom - top),
      line: (f, from, to, steps = chosen("kernel") === "nearest" ? 600 : 150) =>
        Array.from({ length: steps + 1 }, (_, k) => from + ((to - from) * k) / steps)
          .map((place, k) => `${k ? "L" : "M"}${board.x(place).toFixed(1)} ${board.y(f(place)).toFixed(1)}`)
          .join(""),
    };
    add(svg, "rect", { width: wide, height: bottom + 22, fill: "transparent" });
    return board;
  }

  function update() {
    const [x, a, name] = [Number(chosen("x")), Number(chosen("a")), chosen("kernel")];
    const kernel = kernelOf(name, a);
    const weight = (n) => kernel(x - n);
    const at = (signal) => (place) => {
      let sum = 0;
      for (let n = Math.floor(place) - 2; n <= Math.floor(place) + 3; n++) sum += signal(n) * kernel(place - n);
      return sum;
    };
    drawKernel(x, kernel, weight);
    const bend = drawRamp(x, at(ramp), name);
    const halo = drawEdge(x, at(edge));
    report(x, a, name, weight, bend, halo);
  }

  function drawKernel(x, kernel, weight) {
    const svg = one(".kernel");
    const board = draw(svg, { low: -0.3, high: 1.27, top: 4, bottom: 180, wide: 680 });
    add(svg, "path", { class: "axis", d: `M14 ${board.y(0)}H666` });
    add(svg, "path", { class: "curve", d: board.line((n) => kernel(x - n), FIRST - 0.5, LAST + 0.5) });
    add(svg, "path", { class: "truth", d: `M${board.x(x)} ${board.y(1)}V${board.y(-0.07)}` });
    add(svg, "text", { x: board.x(x), y: board.y(-0.22), class: "strong middle", "font-style": "italic" }, "x");
    for (let n = FIRST; n <= LAST; n++) {
      const [w, place] = [weight(n), board.x(n)];
      if (Math.abs(w) > 0.0005) {
        add(svg, "path", { class: "stem", d: `M${place} ${board.y(0)}V${board.y(w)}` });
        add(svg, "circle", { class: "dot", cx: place, cy: board.y(w), r: 6 });
        const low = w < 0 || w > 0.93;
        const label = { x: place + (low ? 0 : n < x ? -10 : 10), y: board.y(w) + (w < 0 ? 26 : low ? -10 : 0) };
        add(svg, "text", { ...label, class: "strong " + (low ? "middle" : n < x ? "end" : "") }, text(w, 2));
      } else add(svg, "circle", { class: "pixel", cx: place, cy: board.y(0), r: 3.5 });
      add(svg, "text", { x: place, y: 228, class: "soft middle" }, (n === FIRST ? "pixel " : "") + text(n));
    }
  }

  function drawRamp(x, curve, name) {
    const svg = one(".ramp");
    const board = draw(svg, { low: -1, high: 4, top: 18, bottom: 222, wide: 330 });
    add(svg, "path", { class: "truth", d: board.line((place) => place, FIRST - 0.3, LAST + 0.3, 1) });
    add(svg, "path", { class: "curve", d: board.line(curve, FIRST - 0.3, LAST + 0.3) });
    for (let n = FIRST; n <= LAST; n++) add(svg, "circle", { class: "pixel", cx: board.x(n), cy: board.y(n), r: 4 });
    add(svg, "circle", { class: "dot", cx: board.x(x), cy: board.y(curve(x)), r: 6.5 });
    let bend = 0;
    for (let k = 0; k <= 1000; k++) bend = Math.max(bend, Math.abs(curve(1 + k / 1000) - 1 - k / 1000));
    return bend;
  }

  function drawEdge(x, curve) {
    const svg = one(".edge");
    const board = draw(svg, { low: -0.25, high: 1.25, top: 10, bottom: 175, wide: 330 });
    for (const [level, limit] of [[1, Math.max], [0, Math.min]]) {
      add(svg, "path", { class: "truth", d: `M${board.x(FIRST - 0.4)} ${board.y(level)}H${board.x(LAST + 0.4)}` });
      const outline = board.line((place) => limit(level, curve(place)), FIRST, LAST);
      add(svg, "path", { class: "area", d: `${outline}L${board.x(LAST)} ${board.y(level)}L${board.x(FIRST)} ${board.y(level)}Z` });
    }
    add(svg, "path", { class: "curve", d: board.line(curve, FIRST - 0.3, LAST + 0.3) });
    for (let n = FIRST; n <= LAST; n++) add(svg, "circle", { class: "pixel", cx: board.x(n), cy: board.y(edge(n)), r: 4 });
    add(svg, "circle", { class: "dot", cx: board.x(x), cy: board.y(curve(x)), r: 6.5 });
    let halo = 0;
    const slices = 151; // each 2 wide
    for (let k = 0; k < slices; k++) {
      const place = FIRST - 0.5 + ((k + 0.5) * (LAST - FIRST + 1)) / slices;
      halo = Math.max(halo, curve(place) - 1);
      const grey = Math.round(70 + 115 * curve(place));
      const bar = { x: 14 + 2 * k, y: 205, width: 3, height: 40, "shape-rendering": "crispEdges" };
      add(svg, "rect", { ...bar, fill: `rgb(${grey},${grey},${grey})` });
    }
    return halo;
  }

  function report(x, a, name, weight, bend, halo) {
    const weights = [];
    for (let n = Math.floor(x) - 1; n <= Math.floor(x) + 2; n++) weights.push(weight(n));
    const used = weights.filter((w) => Math.abs(w) > 0.0005);
    const sum = weights.reduce((total, w) => total + w, 0);
    one("output.x").textContent = text(x, 2);
    one("output.a").textContent = text(a, 2);
    one(".which-a").classList.toggle("off", name !== "cubic");
    one("[name=a]").disabled = name !== "cubic";
    one(".bend").innerHTML = bend < 0.0005 ? "stays <b>straight</b>" : `is bent by up to <b>${text(100 * bend)} %</b> of a step`;
    one(".halo").innerHTML = halo < 0.0005 ? "without a halo" : `with a halo of <b>${text(100 * halo)} %</b> of its height`;
    const list = used.map((w) => text(w, 2));
    const shown = list.length > 1 ? `${list.slice(0, -1).join(", ")} and ${list.at(-1)}` : `${list[0]}, and no other`;
    say(`The weights at <i>x</i> = ${text(x, 2)}: ${shown}. Before rounding they sum to <b>${text(sum, 3)}</b>, so a flat picture stays flat.`);
    root.values = { weights, sum, bend, halo };
  }

  for (const name of ["kernel", "ramp", "edge"]) {
    const svg = one(`svg.${name}`);
    const wide = svg.viewBox.baseVal.width;
    drag(svg, (x) => {
      one("[name=x]").value = ((x - 14) / (wide - 28)) * (LAST - FIRST + 1) + FIRST - 0.5;
      update();
    });
  }
  one("form").addEventListener("input", update);
  update();
}
