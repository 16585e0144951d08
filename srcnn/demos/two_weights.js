function start(root, data, { one, chosen, text, say, add, drag }) {
  const [STEPS, WIDE] = [30, 340];
  const [low1, high1, low2, high2] = [-3, 2.6, -2.2, 3.4];
  const x = (w) => ((w - low1) / (high1 - low1)) * WIDE;
  const y = (w) => WIDE - ((w - low2) / (high2 - low2)) * WIDE;
  const { hessian: H, best, eigenvalues, limit } = data;

  // The loss is half d^T H d, where d is the error of the two weights; its gradient is H d.
  const gradient = ([a, b]) => [H[0][0] * a + H[0][1] * b, H[1][0] * a + H[1][1] * b];
  const loss = (d) => (d[0] * gradient(d)[0] + d[1] * gradient(d)[1]) / 2;

  function descend(begin, rate) {
    const errors = [[begin[0] - best[0], begin[1] - best[1]]];
    for (let k = 0; k < STEPS; k++) {
      const [d, slope] = [errors[k], gradient(errors[k])];
      errors.push([d[0] - rate * slope[0], d[1] - rate * slope[1]]);
    }
    return errors;
  }

  function update() {
    const rate = Number(chosen("rate"));
    const errors = descend([Number(chosen("left")), Number(chosen("right"))], rate);
    const losses = errors.map(loss);
    drawValley(errors, rate > limit);
    drawLoss(losses, rate > limit);
    one(".rate-value").textContent = text(rate, data.digits);
    one(".left-value").textContent = text(Number(chosen("left")), 1);
    one(".right-value").textContent = text(Number(chosen("right")), 1);
    const [along, across] = eigenvalues.map((value) => 1 - rate * value);
    one(".across").textContent = text(across, 2);
    one(".along").textContent = text(along, 2);
    one(".across").classList.toggle("away", across < -1);
    say(verdict(across, along));
    root.values = { losses, errors, across, along };
  }

  function verdict(across, along) {
    if (Math.abs(across + 1) < 0.012) return "At the limit: it jumps from wall to wall and never gets lower across.";
    if (across < -1) return "<b>It diverges</b>: each step lands on the other wall, higher than the last, although along the valley all would be well.";
    if (across < 0) return "It overshoots and lands on the other wall, but lower each time, so it converges.";
    return along > 0.9 ? "It slides to the floor, and then it creeps along it." : "It converges without overshooting.";
  }

  function drawValley(errors, away) {
    const svg = one(".valley");
    svg.replaceChildren();
    const inner = add(svg, "svg", { x: 0, y: 0, width: WIDE, height: WIDE, viewBox: `0 0 ${WIDE} ${WIDE}`, style: "overflow: hidden" });
    add(inner, "rect", { width: WIDE, height: WIDE, fill: "transparent" });
    const unit = WIDE / (high1 - low1);
    const turn = (-180 / Math.PI) * Math.atan2(data.steep[1], data.steep[0]);
    for (let k = 1; k <= 14; k++) {
      const level = (0.24 * k) ** 2;
      const [long, short] = eigenvalues.map((value) => unit * Math.sqrt((2 * level) / value));
      const place = { cx: x(best[0]), cy: y(best[1]), transform: `rotate(${turn} ${x(best[0])} ${y(best[1])})` };
      add(inner, "ellipse", { class: "contour", rx: short, ry: long, ...place });
    }
    const group = add(inner, "g", { class: away ? "away" : "" });
    const far = (value) => Math.max(-2000, Math.min(2000, value)).toFixed(1);
    const places = errors.map(([a, b]) => [far(x(a + best[0])), far(y(b + best[1]))]);
    add(group, "path", { class: "path", d: "M" + places.map((place) => place.join(" ")).join("L") });
    for (const [cx, cy] of places.slice(1)) add(group, "circle", { class: "step", cx, cy, r: 3.5 });
    add(group, "circle", { class: "dot", cx: places[0][0], cy: places[0][1], r: 9 });
    const star = Array.from({ length: 10 }, (_, k) => [k % 2 ? 4 : 10, (k * Math.PI) / 5 - Math.PI / 2]);
    add(inner, "path", { class: "best", d: "M" + star.map(([r, turn]) => [x(best[0]) + r * Math.cos(turn), y(best[1]) + r * Math.sin(turn)].map((v) => v.toFixed(1)).join(" ")).join("L") + "Z" });
    add(inner, "rect", { x: 0.5, y: 0.5, width: WIDE - 1, height: WIDE - 1, class: "axis" });
    add(inner, "text", { x: WIDE - 8, y: WIDE - 9, class: "soft end" }, "left weight →");
    add(inner, "text", { x: -8, y: 19, class: "soft end", transform: "rotate(-90)" }, "right weight →");
  }

  function drawLoss(losses, away) {
    const svg = one(".loss");
    svg.replaceChildren();
    const [left, right, top, bottom] = [46, 312, 12, 184];
    const [low, high] = [-6, 2];
    const across = (step) => left + (step / STEPS) * (right - left);
    const up = (value) => bottom - ((Math.log10(Math.max(value, 1e-12)) - low) / (high - low)) * (bottom - top);
    for (let power = low; power <= high; power += 2) {
      add(svg, "path", { class: "axis", d: `M${left} ${up(10 ** power)}H${right}` });
      const label = add(svg, "text", { x: left - 8, y: up(10 ** power) + 4, class: "soft end" }, power === 0 ? "1" : power === 2 ? "100" : "10");
      if (power < 0) add(label, "tspan", { dy: -6, style: "font-size: 75%" }, text(power));
    }
    for (let step = 0; step <= STEPS; step += 10)
      add(svg, "text", { x: across(step), y: bottom + 22, class: "soft middle" }, String(step));
    add(svg, "text", { x: right, y: bottom + 40, class: "soft end" }, "step");
    add(svg, "text", { x: left + 4, y: top + 12, class: "soft" }, "loss");
    const inner = add(svg, "svg", { x: left - 6, y: top - 6, width: right - left + 12, height: bottom - top + 12, viewBox: `${left - 6} ${top - 6} ${right - left + 12} ${bottom - top + 12}`, style: "overflow: hidden" });
    const group = add(inner, "g", { class: away ? "away" : "" });
    const places = losses.map((value, step) => [across(step).toFixed(1), Math.max(-500, Math.min(800, up(value))).toFixed(1)]);
    add(group, "path", { class: "path", d: "M" + places.map((place) => place.join(" ")).join("L") });
    for (const [cx, cy] of places) add(group, "circle", { class: "step", cx, cy, r: 3.5 });
  }

  drag(one(".valley"), (px, py) => {
    one("[name=left]").value = low1 + (px / WIDE) * (high1 - low1);
    one("[name=right]").value = low2 + (1 - py / WIDE) * (high2 - low2);
    update();
  });
  one("form").addEventListener("input", update);
  update();
}
