// What the page does beyond opening and closing; everything it shows it reads from the page.
(() => {
  "use strict";
  const root = document.documentElement;
  const all = (query, within = document) => Array.from(within.querySelectorAll(query));
  const one = (id) => document.getElementById(id);

  for (const each of all(".scripted")) each.hidden = false;

  // Language and theme.
  const speak = (lang) => {
    root.lang = lang;
    document.title = lang === "en" ? root.dataset.titleEn : root.dataset.titleZh;
  };
  for (const pick of all('input[name="lang"]')) {
    pick.addEventListener("change", () => speak(pick.value));
    if (pick.checked) speak(pick.value);
  }
  for (const pick of all('input[name="theme"]')) {
    const show = () => {
      if (pick.checked) root.dataset.theme = pick.value;
    };
    pick.addEventListener("change", show);
    show();
  }
  one("print").addEventListener("click", () => window.print());

  // Search and filter.  Rows stand in blocks that are laid out only when they come into view.
  const ROW = 2.75;
  const NAMES = ["outcome", "modal", "level"];
  const rows = all(".row");
  const traits = rows.map((row) => NAMES.map((name) => row.dataset[name]));
  const place = new Map(rows.map((row, at) => [row, at]));
  const blocks = all(".block").map((block) => [block, all(".row", block).map((row) => place.get(row))]);
  const groups = all(".group").map((group) => [group, all(".block", group)]);
  const fits = new Array(rows.length).fill(true);
  const texts = [];
  const textOf = (row) =>
    all("summary, .facts > div:not(.cited), .fine", row)
      .filter((part) => !part.closest(".evidence"))
      .map((part) => part.textContent)
      .join(" ")
      .toLowerCase();
  const read = (upTo) => {
    while (texts.length < upTo) texts.push(textOf(rows[texts.length]));
  };
  const chosen = (name) =>
    new Set(all(`input[name="${name}"]:checked`).map((input) => input.value));
  const filter = () => {
    const words = one("seek").value.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length) read(rows.length);
    const sets = NAMES.map(chosen);
    let count = 0;
    rows.forEach((row, at) => {
      const fit =
        sets.every((values, number) => !values.size || values.has(traits[at][number])) &&
        words.every((word) => texts[at].includes(word));
      if (fit !== fits[at]) {
        fits[at] = fit;
        row.hidden = !fit;
      }
      if (fit) count += 1;
    });
    for (const [block, members] of blocks) {
      const shown = members.filter((at) => fits[at]).length;
      block.hidden = !shown;
      block.style.containIntrinsicBlockSize = `${shown * ROW}rem`;
    }
    for (const [group, inside] of groups) group.hidden = inside.every((block) => block.hidden);
    one("count").textContent = String(count);
    one("nothing").hidden = count > 0;
  };
  one("seek").addEventListener("input", filter);
  for (const input of all(".chips input")) input.addEventListener("change", filter);
  one("clear").addEventListener("click", () => {
    one("seek").value = "";
    for (const input of all(".chips input")) input.checked = false;
    filter();
  });
  const setAll = (open) => rows.forEach((row, at) => {
    if (fits[at]) row.open = open;
  });
  one("unfold").addEventListener("click", () => setAll(true));
  one("fold").addEventListener("click", () => setAll(false));
  // Reading every row takes a moment on a large report: done in idle time, before somebody types.
  if (window.requestIdleCallback) {
    const ahead = (deadline) => {
      while (texts.length < rows.length && deadline.timeRemaining() > 4) {
        read(Math.min(texts.length + 50, rows.length));
      }
      if (texts.length < rows.length) window.requestIdleCallback(ahead);
    };
    window.requestIdleCallback(ahead);
  }

  // A citation of evidence that stands elsewhere unfolds where it is cited.
  const unfold = (link) => {
    const next = link.nextElementSibling;
    if (next && next.classList.contains("copy")) {
      next.remove();
      link.setAttribute("aria-expanded", "false");
      return;
    }
    const whole = document.querySelector(link.getAttribute("href"));
    const copy = whole.cloneNode(true);
    copy.removeAttribute("id");
    copy.classList.add("copy");
    copy.open = true;
    link.after(copy);
    link.setAttribute("aria-expanded", "true");
  };
  for (const link of all("a.cite")) link.setAttribute("aria-expanded", "false");
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.cite");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    unfold(link);
  });

  // Unfolded evidence shows the first place that the reason names.
  document.addEventListener("toggle", (event) => {
    if (!event.target.open || !event.target.classList.contains("evidence")) return;
    for (const text of all("pre.text", event.target)) {
      const mark = text.querySelector("mark");
      if (mark) text.scrollTop += mark.getBoundingClientRect().top - text.getBoundingClientRect().top - 64;
    }
  }, true);

  // A link into something folded opens it.
  const reveal = () => {
    const id = decodeURIComponent(window.location.hash.slice(1));
    const place = id && one(id);
    if (!place) return;
    for (let each = place; each; each = each.parentElement) {
      if (each.tagName === "DETAILS") each.open = true;
      if (each.hidden) each.hidden = false;
    }
    place.scrollIntoView();
  };
  window.addEventListener("hashchange", reveal);
  reveal();

  // On paper nothing can be unfolded: what failed is printed with its evidence.
  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = all(".first .evidence:not([open]), .row:not(.above):not([open])");
    for (const each of opened) each.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const each of opened) each.open = false;
    opened = [];
  });
})();
