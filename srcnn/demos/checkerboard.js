function start(root, data, { one, chosen, text, say, add }) {
  const LARGE = 28; // the pixels of the large row that are drawn

  // How many copies lie on each pixel: Eq. (11.2) with ones.
  function hitsOf(small, kernel, stride) {
    const hits = new Array(stride * (small - 1) + kernel).fill(0);
    for (let i = 0; i < small; i++) for (let k = 0; k < kernel; k++) hits[stride * i + k] += 1;
    return hits;
  }

  function update() {
    const [kernel, stride] = [Number(chosen("kernel")), Number(chosen("stride"))];
    const small = Math.floor((LARGE - kernel) / stride) + 1;
    const hits = hitsOf(small, kernel, stride);
    // Away from the rim, from pixel kernel - 1 on, all copies that can be there are there, and the counts repeat.
    const inside = hitsOf(2 * kernel + 4, kernel, stride).slice(kernel - 1, kernel - 1 + stride);
    const [least, most] = [Math.min(...inside), Math.max(...inside)];
    drawRows(hits, small, kernel, stride, inside, most);
    drawPlane(inside, stride, most);
    one("output.kernel").textContent = kernel;
    one("output.stride").textContent = stride;
    const counts = [...new Set(inside)].flatMap((a) => [...new Set(inside)].map((b) => a * b));
    const different = [...new Set(counts)].sort((a, b) => b - a);
    one(".counts").innerHTML = `<b>${different.join(", ")}</b> hits`;
    const whole = Math.floor(kernel / stride);
    const rule = kernel % stride === 0
      ? `${kernel} = ${whole} × ${stride}: the stride divides the kernel, so every pixel away from the rim is hit ${whole === 1 ? "once" : `${whole} times`}. <b>No pattern.</b>`
      : `${kernel} = ${whole} × ${stride} + ${kernel % stride}: the stride does not divide the kernel, so pixels are hit ${most} or ${least} times. <b>A checkerboard.</b>`;
    say(rule + (kernel < stride ? " Some pixels get nothing at all." : ""));
    root.values = { hits, small, inside };
  }

  function drawRows(hits, small, kernel, stride, inside, most) {
    const svg = one(".rows");
    svg.replaceChildren();
    const [unit, left] = [14, 14];
    const x = (place) => left + unit * place;
    const levels = Math.max(1, Math.ceil(kernel / stride));
    const [top, high] = [24, Math.min(30, 96 / levels)];
    add(svg, "text", { x: left, y: 13, class: "soft" }, `each small pixel paints ${kernel}, ${stride} apart`);
    for (let i = 0; i < small; i++) {
      const y = top + (i % levels) * high;
      add(svg, "rect", { class: "copy", x: x(stride * i) + 1, y: y + 1, width: unit * kernel - 2, height: high - 2, rx: 3 });
    }
    const [base, tall] = [278, 116];
    add(svg, "text", { x: left, y: 150, class: "soft" }, "copies on each pixel of the large row");
    hits.forEach((count, place) => {
      const height = (tall * count) / Math.max(most, 1);
      const whole = inside[(place + stride * kernel - kernel + 1) % stride];
      const kind = count < whole ? "rim" : count < most ? "few" : "";
      add(svg, "rect", { class: "bar " + kind, x: x(place), y: base - height, width: unit, height });
      add(svg, "text", { x: x(place + 0.5), y: base + 16, class: "middle " + (kind === "rim" ? "soft" : "strong") }, String(count));
    });
    add(svg, "path", { class: "axis", d: `M${left} ${base}H${x(LARGE)}` });
  }

  // A part of the picture away from its rim, 12 pixels wide.
  function drawPlane(inside, stride, most) {
    const svg = one(".plane");
    svg.replaceChildren();
    const unit = 20;
    for (let i = 0; i < 12; i++)
      for (let j = 0; j < 12; j++) {
        const count = inside[i % stride] * inside[j % stride];
        const grey = Math.round(20 + (225 * count) / most ** 2);
        add(svg, "rect", { x: unit * j, y: unit * i, width: unit, height: unit, fill: `rgb(${grey},${grey},${grey})`, "shape-rendering": "crispEdges" });
        if (i < 4 && j < 4) {
          const ink = { style: `fill: ${grey > 120 ? "#000" : "#fff"}; font-size: 11px` };
          add(svg, "text", { x: unit * (j + 0.5), y: unit * (i + 0.5) + 4, class: "middle", ...ink }, String(count));
        }
      }
  }

  one("form").addEventListener("input", update);
  update();
}
