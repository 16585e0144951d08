// When the pointer rests on a link to a figure, a formula, a definition or a paper, or the keyboard stands on it, it is shown.
// previews.js, which the build writes, holds what is shown; it is loaded when it is first needed. Not on touch screens.
const root = new URL(document.documentElement.dataset.content_root || "./", location.href).href;
const preview = Object.assign(document.createElement("div"), { id: "preview", className: "preview", hidden: true });
preview.setAttribute("role", "tooltip");
let loading, wanted, shownFor, timer;

const load = () =>
  (loading ??= new Promise((loaded) => {
    const source = `${root}_static/previews.js`;
    document.head.append(Object.assign(document.createElement("script"), { src: source, onload: loaded }));
  }));

function hide() {
  clearTimeout(timer);
  wanted = null;
  shownFor?.removeAttribute("aria-describedby");
  shownFor = null;
  preview.hidden = true;
}

async function show(link) {
  wanted = link;
  await load();
  if (wanted !== link) return; // the pointer has left it meanwhile
  const html = window.coursePreviews[link.href.startsWith(root) ? link.href.slice(root.length) : link.getAttribute("href")];
  const inPage = link.pathname === location.pathname && document.getElementById(decodeURIComponent(link.hash.slice(1)));
  const at = inPage && inPage.getBoundingClientRect();
  if (!html || (at && at.top >= 0 && at.bottom <= innerHeight)) return; // what is in sight needs no preview
  const content = new DOMParser().parseFromString(html, "text/html").body;
  for (const image of content.querySelectorAll("img")) image.src = root + image.getAttribute("src");
  const formulas = content.querySelector(".math");
  if (formulas && !window.MathJax?.typesetPromise) return;
  hide();
  shownFor = link;
  preview.replaceChildren(...content.childNodes);
  preview.hidden = false;
  link.setAttribute("aria-describedby", preview.id);
  place(link);
  if (formulas) await MathJax.typesetPromise([preview]).then(() => place(link));
  for (const image of preview.querySelectorAll("img")) image.onload = () => place(link);
}

// Below the link, or above it where there is more room; inside the window.
function place(link) {
  if (shownFor !== link) return;
  const from = link.getClientRects()[0];
  const { width, height } = preview.getBoundingClientRect();
  const page = document.documentElement.clientWidth;
  const above = from.bottom + height + 8 > innerHeight && from.top > innerHeight - from.bottom;
  preview.style.left = `${scrollX + Math.max(8, Math.min(from.left, page - width - 8))}px`;
  preview.style.top = `${scrollY + (above ? from.top - height - 4 : from.bottom + 4)}px`;
}

const linkOf = (event) => event.target.closest?.(".bd-article a:is(.internal, .external):not(.to-place)");
const soon = (action, wait) => {
  clearTimeout(timer);
  timer = setTimeout(action, wait);
};

document.body.append(preview);
document.addEventListener("pointerover", (event) => {
  const link = event.pointerType === "touch" ? null : linkOf(event);
  if (link && link !== shownFor) soon(() => show(link), 250);
  else if (link || preview.contains(event.target)) clearTimeout(timer);
  else soon(hide, 250);
});
document.addEventListener("focusin", (event) => {
  const link = linkOf(event);
  if (link?.matches(":focus-visible")) show(link);
  else hide();
});
document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
