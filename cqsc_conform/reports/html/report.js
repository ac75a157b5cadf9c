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

  // Search and filter.
  const rows = all(".row");
  const groups = all(".group").map((group) => [group, all(".row", group)]);
  let texts = null;
  const textOf = (row) => {
    const parts = all("summary, .facts > div:not(.cited), .fine", row);
    return parts
      .filter((part) => !part.closest(".evidence"))
      .map((part) => part.textContent)
      .join(" ")
      .toLowerCase();
  };
  const chosen = (name) =>
    new Set(all(`input[name="${name}"]:checked`).map((input) => input.value));
  const filter = () => {
    const words = one("seek").value.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length && !texts) texts = rows.map(textOf);
    const sets = ["outcome", "modal", "level"]
      .map((name) => [name, chosen(name)])
      .filter(([, values]) => values.size);
    let count = 0;
    rows.forEach((row, at) => {
      const fits =
        sets.every(([name, values]) => values.has(row.dataset[name])) &&
        words.every((word) => texts[at].includes(word));
      if (row.hidden === fits) row.hidden = !fits;
      if (fits) count += 1;
    });
    for (const [group, members] of groups) group.hidden = members.every((row) => row.hidden);
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
  const setAll = (open) => {
    for (const row of rows) if (!row.hidden) row.open = open;
  };
  one("unfold").addEventListener("click", () => setAll(true));
  one("fold").addEventListener("click", () => setAll(false));
  // Reading all rows once takes a moment on a large report: better before somebody types.
  const idle = window.requestIdleCallback || ((task) => setTimeout(task, 500));
  idle(() => {
    if (!texts) texts = rows.map(textOf);
  });

  // A citation of evidence that stands elsewhere unfolds where it is cited.
  const unfold = (link) => {
    const cite = link.closest(".cite");
    const next = cite.nextElementSibling;
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
    cite.after(copy);
    link.setAttribute("aria-expanded", "true");
  };
  for (const link of all(".cite a")) link.setAttribute("aria-expanded", "false");
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".cite a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    unfold(link);
  });

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
