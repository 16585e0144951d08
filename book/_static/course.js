// The theme's own script chooses between light and dark only after the first paint; "auto" would be neither.
if (document.documentElement.dataset.theme === "auto") {
  document.documentElement.dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

// A formula that is wider than its column is set smaller, down to about a half. What is still wider, and all else that
// is, scrolls inside itself, and then the keyboard must reach it.
document.addEventListener("DOMContentLoaded", () => {
  const wide = ".bd-article :is(pre, div.math, span.math, .pst-scrollable-table-container)";
  const edges = (element) => {
    const left = element.scrollLeft;
    element.classList.toggle("more-left", left > 1);
    element.classList.toggle("more-right", element.scrollWidth - element.clientWidth - left > 1);
  };
  const check = (element) => {
    if (element.matches(".math")) {
      element.style.fontSize = "";
      const share = element.clientWidth / element.scrollWidth;
      if (share < 1) element.style.fontSize = `${Math.max(99 * share, 53)}%`;
    }
    const scrolls = element.scrollWidth > element.clientWidth + 1;
    element.classList.toggle("scrolls", scrolls);
    if (scrolls) element.tabIndex = 0;
    else element.removeAttribute("tabindex");
    edges(element);
    element.onscroll = () => edges(element);
  };
  const checkAll = (root) => root.querySelectorAll(wide).forEach(check);
  const sizes = new ResizeObserver((entries) => entries.forEach((entry) => check(entry.target)));
  document.querySelectorAll(wide).forEach((element) => sizes.observe(element));
  // The box of a formula keeps its width when MathJax sets it, and in a closed fold nothing has one.
  window.MathJax?.startup?.promise?.then(() => checkAll(document));
  document.addEventListener("toggle", (event) => checkAll(event.target), true);
});

// A slider says what it shows, not only a number.
document.addEventListener("DOMContentLoaded", () => {
  for (const input of document.querySelectorAll(".slider > input")) {
    const [before, after] = [...input.parentNode.querySelectorAll("span")].map((label) => label.textContent);
    const say = () => input.setAttribute("aria-valuetext", `${input.value} % ${before}, ${100 - input.value} % ${after}`);
    input.addEventListener("input", say);
    say();
  }
});

// On paper nothing is folded, and the paper is white.
{
  let folded = [];
  let theme;
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    for (const fold of folded) fold.open = true;
    theme = document.documentElement.dataset.theme;
    document.documentElement.dataset.theme = "light";
  });
  addEventListener("afterprint", () => {
    for (const fold of folded) fold.open = false;
    document.documentElement.dataset.theme = theme;
  });
}

// <div class="try-it"></div>, on any page, becomes a form in which readers enlarge a picture of their own.
const tryItScript = new URL("try.js", document.currentScript.src);
document.addEventListener("DOMContentLoaded", () => {
  const place = document.querySelector(".try-it");
  if (place) {
    import(tryItScript).catch(() => {
      const serve = "python -m http.server --directory _build/html";
      place.textContent =
        location.protocol === "file:"
          ? `Browsers run this only from a web server: type ${serve}, and open the address that it prints.`
          : "Here you could enlarge a picture of your own, in a newer browser.";
    });
  }
});
