// The whole book as one page, made ready for paper. pdf.py joins the articles of the built pages, loads this script with
// them, and prints what it leaves: nothing folded, nothing to click, all links inside the one page, nothing too wide.
const book = (() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const make = (html) => document.createRange().createContextualFragment(html).firstElementChild;
  const LEFTOVERS = `.headerlink, .page-tools, .gate-bar, .toctree-wrapper, form.live, script, button, input,
    [role=status], .sd-stretched-link`;
  const articles = () => all("article[data-page]");

  // An id is known on its own page alone: two chapters have "Questions".
  const named = (article, id) => (id ? `${article.dataset.page}--${id}` : article.id);

  function rename(article) {
    article.id = article.dataset.page;
    for (const element of all("[id]", article)) element.id = named(article, element.id);
  }

  function relink(article) {
    for (const link of all("a[href]", article)) {
      const url = new URL(link.getAttribute("href"), `book:/${article.dataset.page}.html`);
      if (url.protocol !== "book:") continue;
      const page = url.pathname.slice(1).replace(/\.html$/, "");
      const target = articles().find((one) => one.dataset.page === page);
      const id = target && named(target, decodeURIComponent(url.hash.slice(1)));
      if (!document.getElementById(id)) {
        throw new Error(`${article.id} links to ${link.getAttribute("href")}, which is not in the book`);
      }
      link.setAttribute("href", `#${id}`);
    }
  }

  // What the reader does on the web page is not done on paper; the page's address says where.
  function still(article) {
    const { web } = article.dataset;
    const shown = web.replace("https://", "");
    const place = (text, id = "") => make(`<p class="on-the-web">${text} <a href="${web}${id}">${shown}</a></p>`);
    for (const card of all(".sd-card", article)) {
      const link = card.querySelector(".sd-stretched-link").cloneNode();
      link.className = "";
      const title = card.querySelector(".sd-card-title");
      link.append(...title.childNodes);
      title.append(link);
    }
    for (const one of all(".srcnn-demo", article)) one.append(place("To play with it:"));
    for (const one of all(".try-it", article)) one.replaceWith(place("It is done on the web page:", "#try-it"));
    for (const one of all(".page-tools", article)) one.replaceWith(place("On the web, with a link to run it:"));
    for (const button of all("button:has(img)", article)) button.replaceWith(...button.childNodes);
    for (const one of all(LEFTOVERS, article)) one.remove();
  }

  // Answers and solutions come at the end of the chapter, where they are not read by mistake.
  function unfold(article) {
    const solutions = [];
    for (const fold of all("details", article)) {
      fold.open = true;
      const summary = fold.querySelector("summary");
      if (fold.matches(".hide")) {
        const output = fold.parentElement.querySelector(":scope > .cell_output");
        summary.textContent = summary.textContent.includes("output") ? "folded output" : "folded code";
        // What was drawn comes before the code that drew it, which may be divided.
        if (output) fold.parentElement.append(fold);
        else if (fold.querySelector("figure")) fold.append(fold.querySelector(".cell_input"));
      } else if (/^(Solution|Answer) to /.test(summary.textContent)) {
        fold.id = `${article.id}--solution-${solutions.push(fold)}`;
        const number = `<span data-page-of="${fold.id}">000</span>`;
        const link = `<a href="#${fold.id}">${summary.textContent}: page ${number}</a>`;
        fold.before(make(`<p class="see-solution">${link}</p>`));
      }
    }
    if (!solutions.length) return;
    const section = make(`<section id="${article.id}--solutions"><h2>Answers and solutions</h2></section>`);
    section.append(...solutions);
    article.querySelector("section").append(section);
  }

  // The foot of a chapter's pages has its title.
  function foot(page, heading) {
    const title = JSON.stringify(heading.textContent.trim());
    const style = 'font: 9pt "Helvetica Neue", Arial, sans-serif; color: #333;';
    return `@page page-${page} { @bottom-left { content: ${title}; ${style} } }
      [id="${page}"] { page: page-${page}; }`;
  }

  function contents(parts) {
    const entry = (target, heading, kind) => {
      const name = heading.cloneNode(true);
      for (const one of all(".headerlink", name)) one.remove();
      const parts = '<span class="name"></span><span class="dots"></span>';
      const line = make(`<a class="${kind}" href="#${target}">${parts}<span data-page-of="${target}">000</span></a>`);
      line.querySelector(".name").append(...name.childNodes);
      return line;
    };
    const place = document.querySelector(".book-contents");
    const feet = [];
    for (const { caption, pages } of parts) {
      if (caption) place.append(make(`<p class="part">${caption}</p>`));
      for (const page of pages) {
        const article = document.getElementById(page);
        feet.push(foot(page, article.querySelector("h1")));
        if (caption && page === pages[0]) article.prepend(make(`<p class="part">${caption}</p>`));
        place.append(entry(page, article.querySelector("h1"), "to-page"));
        for (const heading of all("h2", article)) place.append(entry(heading.closest("[id]").id, heading, "to-part"));
      }
    }
    document.head.append(make(`<style>${feet.join("\n")}</style>`));
  }

  // A screen reader is told a formula as it was written, not by a copy in MathML, of which a PDF knows nothing. For that
  // MathJax' glyphs, which its style sheet draws before empty elements, must become text.
  function tellFormulas() {
    const glyphs = all("mjx-c").filter((glyph) => !glyph.closest("mjx-stretchy-h, mjx-stretchy-v"));
    const drawn = glyphs.map((glyph) => {
      const { content, padding } = getComputedStyle(glyph, "::before");
      return { glyph, content, padding };
    }); // of all before anything changes, else each change would cost a new layout
    for (const { glyph, content, padding } of drawn) {
      if (!content.startsWith('"')) continue;
      glyph.classList.remove(...[...glyph.classList].filter((name) => name.startsWith("mjx-c")));
      glyph.append(make(`<span style="display: block; width: 0; padding: ${padding}"></span>`));
      glyph.firstChild.textContent = JSON.parse(content);
    }
    for (const { math, typesetRoot } of MathJax.startup.document.math) {
      typesetRoot.querySelector("mjx-assistive-mml")?.remove();
      for (const one of all("[aria-hidden]", typesetRoot)) one.removeAttribute("aria-hidden");
      typesetRoot.setAttribute("role", "img");
      typesetRoot.setAttribute("aria-label", math);
    }
  }

  // Wide formulas, tables and code shrink; code that is still wider is wrapped. What is short is not divided.
  function fit() {
    const codes = all("pre");
    for (const code of codes) code.style.setProperty("white-space", "pre", "important");
    const scales = codes.map((code) => code.clientWidth / code.scrollWidth); // of all at once, in one layout
    codes.forEach((code, k) => {
      code.style.removeProperty("white-space");
      if (scales[k] < 1) code.style.fontSize = `${Math.max(scales[k], 0.8) * parseFloat(getComputedStyle(code).fontSize)}px`;
    });
    for (const box of all("div.math, .pst-scrollable-table-container")) {
      const inner = box.querySelector("table") ?? box;
      for (let zoom = 1; box.scrollWidth > box.clientWidth + 1 && zoom > 0.4; ) inner.style.zoom = zoom -= 0.02;
    }
    const short = (selector, most, outer) => {
      for (const one of all(selector)) {
        if (one.offsetHeight < most) (outer ? one.closest(outer) : one).classList.add("whole");
      }
    };
    short(".cell_input, .cell_output, [class*='highlight-']:not(.cell *)", 220);
    short("table", 330, ".pst-scrollable-table-container");
    short("details:not(.hide), dd, .exercise", 260);
  }

  // What still sticks out of the column, in a few words each.
  function tooWide() {
    const column = document.querySelector(".book-contents").getBoundingClientRect();
    const out = (box) => box.width && (box.left < column.left - 1 || box.right > column.right + 1);
    const things = all("article :is(p, pre, li, td, th, img, svg, mjx-container, figcaption, h1, h2, h3, code, a)");
    const name = (one) => `${one.closest("article").id}: ${one.outerHTML.slice(0, 100)}`;
    return things.filter((one) => out(one.getBoundingClientRect())).map(name);
  }

  async function prepare(parts) {
    for (const article of articles()) rename(article);
    for (const article of articles()) relink(article);
    for (const article of articles()) still(article);
    for (const article of articles()) unfold(article);
    contents(parts);
    if (document.querySelector(".math")) {
      if (!window.MathJax?.startup?.promise) {
        throw new Error("MathJax, which sets the formulas, could not be loaded; install npm and build the book again");
      }
      await MathJax.startup.promise;
      tellFormulas();
    }
    await document.fonts.ready;
    const shown = (image) =>
      image.decode().catch(() => {
        throw new Error(`${image.src.slice(0, 200)} cannot be shown`);
      });
    await Promise.all([...document.images].map(shown));
    fit();
    return tooWide();
  }

  // Fill in where things are: {id: page number}.
  function number(pages) {
    for (const place of all("[data-page-of]")) place.textContent = pages[place.dataset.pageOf];
  }

  return { prepare, number };
})();
