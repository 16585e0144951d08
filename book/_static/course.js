// A block quote that begins with a bold word ("Pitfall.") is a box of that kind; the style sheet colours it.
document.addEventListener("DOMContentLoaded", () => {
  for (const quote of document.querySelectorAll(".bd-article blockquote")) {
    const first = quote.querySelector("p:first-child > strong:first-child");
    const kind = first && first.textContent.toLowerCase().match(/^[a-z]+/);
    if (kind) quote.classList.add("box-" + kind[0]);
  }
});

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
