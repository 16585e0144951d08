// Figures open in a dialogue, where they have at least their own size: on a telephone the page shows them whole and small.
document.addEventListener("DOMContentLoaded", () => {
  const images = document.querySelectorAll(".bd-article .cell_output img, .bd-article figure img");
  if (!images.length || !window.HTMLDialogElement) return;

  const dialog = document.createElement("dialog");
  dialog.className = "zoom";
  dialog.innerHTML = `<button type="button" class="zoom-close" aria-label="Close">✕</button>
    <div class="zoom-view" tabindex="0" role="group"></div>`;
  const view = dialog.querySelector(".zoom-view");
  document.body.append(dialog);
  dialog.querySelector("button").onclick = () => dialog.close();
  dialog.onclick = (event) => event.target === dialog && dialog.close();
  dialog.onclose = () => view.replaceChildren();

  function open(image, name) {
    const large = image.cloneNode();
    large.removeAttribute("style");
    // A drawing fills the window; a photograph keeps a pixel of its own for each of the screen's.
    large.className = /\.svg(\?|$)/.test(image.src) ? "zoom-drawing" : "";
    view.replaceChildren(large);
    view.setAttribute("aria-label", name);
    dialog.setAttribute("aria-label", name);
    dialog.showModal();
  }

  for (const image of images) {
    if (image.closest(".slider, .srcnn-demo")) continue;
    const caption = image.closest("figure")?.querySelector("figcaption");
    const name = (caption?.textContent.match(/Figure \d+\.\d+/) ?? ["the figure"])[0];
    const button = document.createElement("button");
    button.type = "button";
    button.className = "zoom-open";
    button.setAttribute("aria-label", `Enlarge ${name}`);
    button.textContent = "⤢";
    button.onclick = () => open(image, `${name}, enlarged`);
    image.onclick = button.onclick;
    const frame = document.createElement("span");
    frame.className = "zoom-frame";
    image.replaceWith(frame);
    frame.append(image);
    (caption?.querySelector("p") ?? caption ?? frame).prepend(button); // beside the words, where it covers nothing
  }
});
