// What all demonstrations use. `root` is the demonstration in the page.
function toolsOf(root) {
  const one = (selector) => root.querySelector(selector);
  const all = (selector) => [...root.querySelectorAll(selector)];
  let later;
  return {
    one,
    all,
    chosen: (name) => one(`[name="${name}"]:checked`)?.value ?? one(`[name="${name}"]`).value,
    // 1.5 -> "1.50", a true minus sign, and never -0.
    text: (value, digits = 0) => {
      const written = value.toFixed(digits);
      return Number(written) === 0 ? written.replace("-", "") : written.replace("-", "\u2212");
    },
    // The sentence below; a screen reader hears it when the reader pauses.
    say(sentence) {
      one(".says").innerHTML = sentence;
      clearTimeout(later);
      later = setTimeout(() => (one(".heard").textContent = one(".says").textContent), 700);
    },
    // A new element of a drawing.
    add(parent, tag, attributes = {}, text = "") {
      const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
      for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
      made.textContent = text;
      parent.append(made);
      return made;
    },
    // The grey bytes of a picture as srcnn.demos.page.png writes it: each row stands by itself, not compressed.
    pixels(image) {
      const file = bytesOf(image.src.split(",")[1]);
      const [width, height] = [18, 22].map((place) => 256 * file[place] + file[place + 1]);
      const grey = new Uint8Array(width * height);
      for (let row = 0; row < height; row++) {
        const begin = 43 + row * (width + 6) + 6;
        grey.set(file.subarray(begin, begin + width), row * width);
      }
      return { width, height, grey };
    },
    // Values 0..255, row by row, on a canvas.
    paint(canvas, values, width) {
      canvas.width = width;
      canvas.height = values.length / width;
      const data = new ImageData(canvas.width, canvas.height);
      values.forEach((value, place) => data.data.set([value, value, value, 255], 4 * place));
      canvas.getContext("2d").putImageData(data, 0, 0);
    },
    // Call change(x, y), in the drawing's own units, where a pointer presses or drags.
    drag(svg, change) {
      const told = (event) => {
        const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
        change(x, y);
      };
      svg.addEventListener("pointerdown", (event) => {
        svg.setPointerCapture(event.pointerId);
        told(event);
      });
      svg.addEventListener("pointermove", (event) => svg.hasPointerCapture(event.pointerId) && told(event));
    },
  };
}

function bytesOf(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
