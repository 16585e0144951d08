// The search page: Pagefind finds sections. Where a browser may not load it (a book that was opened from disk), Sphinx searches.
const folder = new URL("../", document.currentScript.src).href;
const field = document.querySelector(".bd-search-container input[name=q]");
const box = document.getElementById("search-results");
const status = Object.assign(document.createElement("p"), { className: "found-status" });
const list = Object.assign(document.createElement("ol"), { className: "found" });
const more = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-outline-primary", hidden: true });
more.textContent = "Show more";
status.setAttribute("role", "status");
const STEP = 15;

function fallBack() {
  box.replaceChildren();
  for (const name of ["_static/searchtools.js", "_static/language_data.js", "searchindex.js"]) {
    const script = Object.assign(document.createElement("script"), { src: folder + name, async: false });
    document.head.append(script);
  }
}

function itemOf({ raw_url, excerpt, meta }) {
  const item = document.createElement("li");
  const link = Object.assign(document.createElement("a"), { textContent: meta.title });
  link.href = folder + raw_url.slice(1).replace(/\/([^/]+)\/$/, "#$1"); // page.html/section/ is page.html#section
  const page = Object.assign(document.createElement("p"), { className: "found-page", textContent: meta.page });
  const words = Object.assign(document.createElement("p"), { innerHTML: excerpt }); // Pagefind escapes all but <mark>
  item.append(link, ...(meta.page === meta.title ? [] : [page]), words);
  return item;
}

let searches = 0;

async function search(pagefind, words) {
  const mine = ++searches;
  box.setAttribute("aria-busy", "true");
  const { results } = words ? await pagefind.search(words) : { results: [] };
  // Whether they were shown; not if another search has begun meanwhile.
  const show = async (from) => {
    const found = await Promise.all(results.slice(from, from + STEP).map((result) => result.data()));
    if (mine !== searches) return false;
    if (from === 0) list.replaceChildren();
    list.append(...found.map(itemOf));
    more.disabled = false;
    more.hidden = results.length <= from + STEP;
    more.onclick = async () => {
      more.disabled = true;
      if (await show(from + STEP)) list.children[from + STEP].querySelector("a").focus();
    };
    return true;
  };
  if (!(await show(0))) return;
  const sections = results.length === 1 ? "1 section" : `${results.length || "No"} sections`;
  status.textContent = words ? `${sections} found for “${words}”.` : "";
  box.setAttribute("aria-busy", "false");
  history.replaceState(null, "", words ? `?q=${encodeURIComponent(words)}` : location.pathname);
}

async function start() {
  field.value = new URLSearchParams(location.search).get("q") ?? "";
  let pagefind, timer;
  try {
    pagefind = await import(`${folder}pagefind/pagefind.js`);
    await pagefind.init();
    await pagefind.search("a"); // a failure shows only now
  } catch {
    return fallBack();
  }
  box.replaceChildren(status, list, more);
  const now = () => search(pagefind, field.value.trim());
  field.form.addEventListener("submit", (event) => {
    event.preventDefault();
    now();
  });
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(now, 250);
  });
  field.focus();
  await now();
}

start();
