// A block quote that begins with a bold word ("Pitfall.") is a box of that kind; the style sheet colours it.
document.addEventListener("DOMContentLoaded", () => {
  for (const quote of document.querySelectorAll(".bd-article blockquote")) {
    const first = quote.querySelector("p:first-child > strong:first-child");
    const kind = first && first.textContent.toLowerCase().match(/^[a-z]+/);
    if (kind) quote.classList.add("box-" + kind[0]);
  }
});
