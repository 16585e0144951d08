// "Try it": <div class="try-it"></div> becomes a form in which the reader enlarges a picture of their own.
//
// All work is done in a worker of this browser (try-worker.js). Nothing is uploaded, and neither the network nor what
// runs it is loaded before there is a picture.

import * as built from "./try/built.js"; // what tools/try_it.py has made for this copy of the book

const FORM = `
<form>
  <p class="try-choose">
    <label for="try-file"><strong>Choose a picture</strong>, or drop one here</label>
    <input type="file" id="try-file" accept="image/*" aria-describedby="try-promise">
  </p>
  <fieldset class="try-samples"><legend>or take one of these</legend></fieldset>
  <fieldset><legend>How much larger</legend>${radios("scale", { 2: "×2", 3: "×3", 4: "×4" }, "3")}</fieldset>
  <fieldset class="try-networks"><legend>Network</legend></fieldset>
  <p id="try-promise">Your picture stays in this browser: nothing is uploaded. The first picture loads what runs
    the network, ${built.megabytes?.wasm} to ${built.megabytes?.webgpu} MB.</p>
</form>
<div class="try-work" hidden>
  <progress max="1" aria-label="Progress"></progress> <button type="button">Stop</button>
</div>
<p class="try-says" role="status"></p>
<div class="try-result" hidden>
  <div class="try-frame">
    <canvas role="img"></canvas><canvas role="img" class="try-before"></canvas>
    <i></i><span>bicubic</span><span class="try-name"></span>
    <input type="range" min="0" max="100" value="50" aria-label="Line between bicubic and the network">
  </div>
  <div class="try-tools">
    <fieldset class="try-part"><legend>Part shown</legend>
      <div class="try-map"><canvas aria-hidden="true"></canvas><i></i></div>
      <label>across <input type="range" class="try-across" min="0" step="any"></label>
      <label>down <input type="range" class="try-down" min="0" step="any"></label>
    </fieldset>
    <fieldset><legend>Zoom</legend>${radios("zoom", { 1: "1×", 2: "2×", 4: "4×" }, "2")}</fieldset>
    <button type="button" class="try-save">Save as PNG</button>
  </div>
</div>`;

function radios(name, texts, chosen) {
  const one = ([value, text]) =>
    `<label><input type="radio" name="${name}" value="${value}"${value === chosen ? " checked" : ""}> ${text}</label>`;
  return Object.entries(texts).map(one).join(" ");
}

for (const root of document.querySelectorAll(".try-it")) {
  if (built.missing) {
    const here = "Here you could enlarge a picture of your own. This copy of the book was built without that";
    root.textContent = `${here}: ${built.missing}.`;
  } else {
    root.innerHTML = FORM;
    tryIt(root, (selector) => root.querySelector(selector));
  }
}

function tryIt(root, find) {
  const [form, input, frame, map] = ["form", "#try-file", ".try-frame", ".try-map"].map(find);
  const [work, progress, stop] = [".try-work", "progress", ".try-work button"].map(find);
  const [line, across, down, save] = [".try-frame input", ".try-across", ".try-down", ".try-save"].map(find);
  let worker = null; // ended and made anew to stop it: that never has to wait, and gives all memory back
  let file = null; // the reader's picture
  let made = null; // what the worker tells of its result
  let centre = null; // of the part shown, in pixels of the result
  let saved = null; // the name of the file that is being written
  let view = { asked: false, stale: false }; // so that one view is asked for at a time, whatever the mouse does

  function say(text, kind = "") {
    [find(".try-says").textContent, find(".try-says").dataset.kind] = [text, kind];
  }

  function take(given) {
    if (!given) return say("There was no picture in that: choose or drop a picture file.", "error");
    file = given;
    run();
  }

  function run() {
    if (!work.hidden) end();
    worker ??= start();
    made = { network: form.network.value, scale: Number(form.scale.value), started: null };
    [work.hidden, find(".try-result").hidden] = [false, true];
    progress.removeAttribute("value");
    worker.postMessage({ do: "run", file, network: made.network, scale: made.scale });
  }

  function start() {
    const started = new Worker(new URL("./try-worker.js", import.meta.url), { type: "module" });
    started.onmessage = ({ data }) => {
      if (started !== worker) return; // said before it was ended
      for (const [kind, value] of Object.entries(data)) heard[kind](value);
    };
    started.onerror = () => started === worker && heard.error("This browser cannot start the network: try a newer one.");
    return started;
  }

  function end() {
    worker?.terminate();
    [worker, view, save.disabled] = [null, { asked: false, stale: false }, false];
  }

  const heard = {
    says(text) {
      say(`${text} …`);
    },

    progress(part) {
      made.started ??= performance.now();
      const left = ((performance.now() - made.started) / 1000) * (1 / part - 1);
      progress.value = part;
      const about = part && left > 3 ? `, about ${Math.ceil(left)} s left` : "";
      // A screen reader is told of each quarter only.
      if (Math.floor(4 * part) !== made.quarter) say(`Enlarging: ${Math.round(100 * part)} %${about}`);
      made.quarter = Math.floor(4 * part);
    },

    done(told) {
      const onStop = document.activeElement === stop;
      work.hidden = true;
      made = { ...made, ...told };
      const { width, height, scale, network, seconds, device, small, focus, animated } = made;
      const where = { wasm: "the processor (WebAssembly)", webgpu: "the graphics card (WebGPU)" }[device];
      const { title } = built.networks[network];
      const sizes = `${width / scale} × ${height / scale} pixels are now ${width} × ${height}`;
      const first = animated ? " The picture is animated: this is its first frame." : "";
      say(`${sizes}, in ${seconds.toFixed(1)} s on ${where}.${first}`);
      find(".try-name").textContent = title;
      const [after, before] = frame.querySelectorAll("canvas");
      after.setAttribute("aria-label", `Your picture, enlarged by ${title}`);
      before.setAttribute("aria-label", "Your picture, enlarged by bicubic interpolation");
      const thumbnail = map.querySelector("canvas");
      [thumbnail.width, thumbnail.height] = [small.width, small.height];
      thumbnail.getContext("2d").drawImage(small, 0, 0);
      centre = focus;
      find(".try-result").hidden = false;
      show();
      if (onStop) line.focus({ preventScroll: true });
    },

    view({ before, after }) {
      const canvases = frame.querySelectorAll("canvas");
      [after, before].forEach((image, i) => {
        [canvases[i].width, canvases[i].height] = [image.width, image.height];
        canvases[i].getContext("2d").putImageData(image, 0, 0);
      });
      const { stale } = view;
      view = { asked: false, stale: false };
      if (stale) show();
    },

    png(blob) {
      const link = document.createElement("a");
      link.download = saved;
      link.href = URL.createObjectURL(blob);
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
      save.disabled = false;
      say(`Saved as ${saved}.`);
    },

    error(sentence) {
      end();
      [work.hidden, find(".try-result").hidden] = [true, true];
      say(sentence, "error");
    },
  };

  /** Lay out the part around `centre`, and ask the worker for its pixels. */
  function show() {
    if (!made?.width || find(".try-result").hidden) return;
    const zoom = Number(find("[name=zoom]:checked").value);
    const room = find(".try-result").clientWidth;
    if (room < 4) return; // as while a page is printed
    const width = Math.min(made.width, Math.floor(room / zoom));
    const height = Math.min(made.height, Math.floor(Math.min(0.8 * room, 480) / zoom));
    [frame.style.width, frame.style.height] = [width, height].map((pixels) => `${pixels * zoom}px`);
    const inside = (middle, part, whole) => Math.round(Math.min(Math.max(middle - part / 2, 0), whole - part));
    const [left, top] = [inside(centre.x, width, made.width), inside(centre.y, height, made.height)];
    [across.max, across.value, down.max, down.value] = [made.width - width, left, made.height - height, top];
    [across.disabled, down.disabled] = [width === made.width, height === made.height];
    find(".try-part").hidden = across.disabled && down.disabled;
    const percent = (part, whole) => `${(100 * part) / whole}%`;
    Object.assign(map.querySelector("i").style, {
      left: percent(left, made.width),
      top: percent(top, made.height),
      width: percent(width, made.width),
      height: percent(height, made.height),
    });
    made.box = { left, top, width, height };
    if (view.asked) view.stale = true;
    else worker.postMessage({ do: "view", box: made.box });
    view.asked = true;
  }

  function move(x, y) {
    centre = { x, y };
    show();
  }

  for (const { file, alt, width, height } of built.samples) {
    const button = document.createElement("button");
    button.type = "button";
    const address = new URL(`./try/${file}`, import.meta.url);
    button.innerHTML = `<img src="${address}" alt="${alt}, ${width} × ${height} pixels">`;
    button.onclick = async () => {
      input.value = "";
      const answer = await fetch(address).catch(() => ({ ok: false }));
      if (answer.ok) take(new File([await answer.blob()], file));
      else say("That picture could not be loaded: try again, or choose one of your own.", "error");
    };
    find(".try-samples").append(button);
  }
  const titles = Object.fromEntries(Object.entries(built.networks).map(([name, { title }]) => [name, title]));
  find(".try-networks").insertAdjacentHTML("beforeend", radios("network", titles, "fsrcnn"));

  if (root.clientWidth < 500) find("[name=zoom]").checked = true; // 1×, or a telephone would show next to nothing

  input.onclick = () => (input.value = ""); // or the same picture could not be chosen again
  input.onchange = () => input.files.length && take(input.files[0]);
  form.onchange = ({ target }) => file && target !== input && run();
  form.onsubmit = (event) => event.preventDefault();
  stop.onclick = () => {
    end();
    work.hidden = true;
    say("Stopped. To go on, choose a picture, a scale or a network.");
    input.focus();
  };
  root.ondragover = (event) => {
    event.preventDefault();
    root.classList.add("try-over");
  };
  root.ondragleave = () => root.classList.remove("try-over");
  root.ondrop = (event) => {
    event.preventDefault();
    root.classList.remove("try-over");
    take(event.dataTransfer.files[0]);
  };
  line.oninput = () => {
    frame.style.setProperty("--x", `${line.value}%`);
    line.setAttribute("aria-valuetext", `bicubic on the left ${line.value} %`);
  };
  for (const zoom of root.querySelectorAll("[name=zoom]")) zoom.onchange = show;
  across.oninput = down.oninput = () => {
    const { width, height } = made.box;
    move(Number(across.value) + width / 2, Number(down.value) + height / 2);
  };
  map.onpointerdown = map.onpointermove = (event) => {
    if (!event.buttons) return;
    const { left, top, width, height } = map.getBoundingClientRect();
    move((made.width * (event.clientX - left)) / width, (made.height * (event.clientY - top)) / height);
  };
  save.onclick = () => {
    save.disabled = true;
    saved = `${file.name.replace(/\.[^.]*$/, "")}-${made.network}-x${made.scale}.png`;
    say("Writing the PNG file …");
    worker.postMessage({ do: "save" });
  };
  new ResizeObserver(show).observe(root);
}
