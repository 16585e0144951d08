// Prediction gates: what follows a "Predict." box waits until the reader has guessed.
//
// The page is whole without this script, in print, and for search engines. Loaded in the head, it marks the page before
// the first line is drawn, so that nothing moves; gates are wired when the page is there. What is hidden "until found"
// the browser opens by itself for find-in-page and for links into it.
const memory = {
  read: (store, key) => {
    try {
      return window[store].getItem(key);
    } catch {
      return null; // storage is blocked: the page forgets, and works
    }
  },
  write: (store, key, value) => {
    try {
      window[store].setItem(key, value);
    } catch {}
  },
};
const everything = "show everything";
const opened = `gates ${location.pathname}`;
document.documentElement.dataset.gates = memory.read("localStorage", everything) === "yes" ? "open" : "closed";

document.addEventListener("DOMContentLoaded", () => {
  const gates = [...document.querySelectorAll(".gate")];
  const switches = [...document.querySelectorAll(".gate-all input")];
  const status = document.querySelector(".page-tools [role=status]");
  const buttonOf = (gate) => document.querySelector(`.gate-button[aria-controls="${gate.id}"]`);

  function set(gate, open) {
    if (open) gate.removeAttribute("hidden");
    else gate.setAttribute("hidden", "until-found");
    gate.classList.toggle("open", open);
    buttonOf(gate).setAttribute("aria-expanded", open);
    buttonOf(gate).textContent = open ? "Hide it again" : "I have guessed: show";
  }

  function remember() {
    // A page that is loaded again, or come back to, is as long as it was.
    const ids = gates.filter((gate) => gate.classList.contains("open")).map((gate) => gate.id);
    memory.write("sessionStorage", opened, ids.join(" "));
  }

  function setAll(open) {
    document.documentElement.dataset.gates = open ? "open" : "closed";
    for (const box of switches) box.checked = open;
    for (const gate of gates) set(gate, open);
  }

  function reveal() {
    const id = decodeURIComponent(location.hash.slice(1));
    const target = id && document.getElementById(id);
    if (!target) return;
    let closed = false;
    for (let gate = target.closest(".gate"); gate; gate = gate.parentElement.closest(".gate")) {
      closed ||= !gate.classList.contains("open");
      set(gate, true);
    }
    if (closed) target.scrollIntoView();
  }

  for (const gate of gates) {
    gate.tabIndex = -1;
    gate.setAttribute("role", "group");
    gate.setAttribute("aria-label", "After your guess");
    gate.addEventListener("beforematch", () => {
      set(gate, true);
      remember();
    });
    buttonOf(gate).addEventListener("click", () => {
      const open = !gate.classList.contains("open");
      set(gate, open);
      remember();
      if (open) gate.focus({ preventScroll: true }); // reading goes on there
    });
  }
  for (const box of switches) {
    box.addEventListener("change", () => {
      memory.write("localStorage", everything, box.checked ? "yes" : "no");
      setAll(box.checked);
      memory.write("sessionStorage", opened, "");
      status.textContent = box.checked ? "Everything is shown." : "What follows a prediction waits again.";
      box.scrollIntoView({ block: "nearest" });
    });
  }
  setAll(document.documentElement.dataset.gates === "open");
  for (const id of (memory.read("sessionStorage", opened) || "").split(" ")) {
    const gate = document.getElementById(id);
    if (gates.includes(gate)) set(gate, true);
  }
  reveal();
  addEventListener("hashchange", reveal);
});
