function start(root, data, { one, all, text, say, add }) {
  const order = []; // the letters' places in data, the best first
  let shown = false;
  const { names, psnr, ssim } = data;
  const letter = (k) => "ABCDEFGH"[k];
  const button = all(".gallery .spoilt").map((image, k) => {
    const made = document.createElement("button");
    made.type = "button";
    image.replaceWith(made);
    made.append(image);
    made.addEventListener("click", () => choose(k));
    return made;
  });
  const rankBy = (values) => [...values.keys()].sort((a, b) => values[b] - values[a]);

  // Spearman's rank correlation of two orders of the same things.
  function agreement(first, second) {
    const n = first.length;
    const apart = first.reduce((sum, thing, place) => sum + (place - second.indexOf(thing)) ** 2, 0);
    return 1 - (6 * apart) / (n * (n * n - 1));
  }

  function choose(k) {
    if (shown) return;
    if (order.includes(k)) order.splice(order.indexOf(k), 1);
    else order.push(k);
    if (order.length === names.length - 1) order.push([...names.keys()].find((other) => !order.includes(other)));
    update();
  }

  function update() {
    button.forEach((made, k) => {
      const place = order.indexOf(k);
      made.classList.toggle("taken", place >= 0);
      made.querySelector(".place")?.remove();
      if (place >= 0) made.insertAdjacentHTML("beforeend", `<span class="place" aria-hidden="true">${place + 1}</span>`);
      made.setAttribute("aria-label", `picture ${letter(k)}` + (shown ? `, ${names[k]}` : "") + (place < 0 ? ", no place yet" : `, place ${place + 1}`));
      made.nextElementSibling.innerHTML = shown ? `<b>${names[k]}</b>${text(psnr[k], 2)} dB, SSIM ${text(ssim[k], 2)}` : letter(k);
    });
    const full = order.length === names.length;
    one(".show").hidden = !full || shown;
    one(".undo").disabled = !order.length || shown;
    one(".again").disabled = !order.length;
    one(".orders").hidden = !shown;
    root.values = { order: order.map(letter), agreement: full ? agreement(order, rankBy(ssim)) : null };
    if (shown) reveal();
    else if (full) say("Your order is complete. Show the numbers, or click a picture to take it out.");
    else say(order.length ? `${order.length} of ${names.length}. Which is the next best?` : "Which of the eight is the best?");
  }

  function reveal() {
    const theirs = rankBy(ssim);
    const same = root.values.agreement;
    const svg = one(".compare");
    svg.replaceChildren();
    add(svg, "text", { x: 215, y: 16, class: "strong end" }, "your order");
    add(svg, "text", { x: 425, y: 16, class: "strong" }, "SSIM's order");
    const y = (place) => 46 + 31 * place;
    order.forEach((k, place) => {
      const other = theirs.indexOf(k);
      add(svg, "path", { class: "link" + (Math.abs(other - place) > 2 ? " apart" : ""), d: `M225 ${y(place) - 4}C310 ${y(place) - 4} 330 ${y(other) - 4} 415 ${y(other) - 4}` });
      add(svg, "text", { x: 215, y: y(place), class: "end" }, `${names[k]}  ${place + 1}`);
      add(svg, "text", { x: 425, y: y(other) }, `${other + 1}  ${names[k]}`);
    });
    const apart = order.some((k, place) => Math.abs(theirs.indexOf(k) - place) > 2) ? " Orange: three places apart or more." : "";
    const sign = same > 0.7 ? "You and SSIM agree well" : same > 0.3 ? "You and SSIM agree in part" : "You and SSIM hardly agree";
    say(`To PSNR all eight are equal: ${text(Math.min(...psnr), 2)} to ${text(Math.max(...psnr), 2)} dB. ${sign}: rank correlation <b>${text(same, 2)}</b> (1 is the same order, 0 no relation, −1 the opposite).${apart}`);
  }

  one(".show").addEventListener("click", () => {
    shown = true;
    update();
    one(".again").focus();
  });
  one(".undo").addEventListener("click", () => {
    order.pop();
    if (order.length === names.length - 1) order.pop();
    update();
  });
  one(".again").addEventListener("click", () => {
    order.length = 0;
    shown = false;
    update();
    button[0].focus();
  });
  update();
}
