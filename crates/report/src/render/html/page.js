
(() => {
"use strict";

const all = (root, selector) => [...root.querySelectorAll(selector)];

const element = (name, attributes, ...children) => {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
};

// What a mark stands for, shown while it is pointed at or has the focus.
const tip = element("div", { id: "tip", role: "tooltip", hidden: "" });
const facts = new WeakMap();

const placeTip = (box) => {
  const own = tip.getBoundingClientRect();
  const left = Math.min(box.left + box.width / 2 - own.width / 2, innerWidth - own.width - 8);
  const above = box.top - own.height - 8;
  tip.style.setProperty("left", `${Math.max(8, left)}px`);
  tip.style.setProperty("top", `${above > 8 ? above : box.bottom + 8}px`);
};

const showTip = (mark) => {
  const [head, ...lines] = facts.get(mark);
  tip.replaceChildren(element("strong", {}, head), ...lines.map((line) => element("span", {}, line)));
  tip.hidden = false;
  placeTip(mark.getBoundingClientRect());
};

const hideTip = () => { tip.hidden = true; };

const markOf = (node) => (node instanceof Element ? node.closest(".mark") : null);

const watchTips = () => {
  document.body.append(tip);
  document.addEventListener("pointerover", (event) => {
    const mark = markOf(event.target);
    if (mark) showTip(mark);
    else if (!markOf(document.activeElement)) hideTip();
  });
  document.addEventListener("focusin", (event) => {
    const mark = markOf(event.target);
    if (mark) showTip(mark);
    else hideTip();
  });
  document.addEventListener("focusout", hideTip);
  // A mark that gets the focus is scrolled into view, and its tip has to come along.
  document.addEventListener("scroll", () => {
    const mark = markOf(document.activeElement);
    if (mark && !tip.hidden) placeTip(mark.getBoundingClientRect());
    else hideTip();
  }, { passive: true, capture: true });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hideTip();
  });
};

// A chart is one stop of the tab key; arrow keys go from mark to mark within it.
const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

const shownMarks = (chart) => all(chart, ".mark").filter((mark) => mark.closest(".off") === null);

const setStop = (chart, stop) => {
  for (const mark of all(chart, ".mark[tabindex='0']")) mark.setAttribute("tabindex", "-1");
  stop?.setAttribute("tabindex", "0");
};

const walk = (event) => {
  const chart = event.currentTarget;
  const marks = shownMarks(chart);
  const at = marks.indexOf(markOf(event.target));
  const next = { Home: 0, End: marks.length - 1 }[event.key] ?? (at + STEPS[event.key] + marks.length) % marks.length;
  if (at < 0 || !marks[next]) return;
  event.preventDefault();
  setStop(chart, marks[next]);
  marks[next].focus();
};

const startChart = (chart) => {
  for (const mark of all(chart, ".mark")) {
    const title = mark.querySelector("title");
    const lines = title.textContent.split("\n");
    facts.set(mark, lines);
    // The tip says it; the browser's own would stand above that.
    title.remove();
    mark.setAttribute("role", "img");
    mark.setAttribute("aria-label", lines.join(", "));
    mark.setAttribute("tabindex", "-1");
  }
  setStop(chart, shownMarks(chart)[0]);
  chart.addEventListener("keydown", walk);
};

// What readers choose to see: all that is about something they leave out is hidden.
const KINDS = { workload: "Workloads", executor: "Executors", workers: "Workers" };
const ABOUT = Object.keys(KINDS).map((kind) => `[data-${kind}]`).join(", ");

const startFilter = (article) => {
  const off = Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, new Set()]));
  const apply = () => {
    hideTip();
    for (const node of all(article, ABOUT)) {
      node.classList.toggle("off", Object.keys(KINDS).some((kind) => off[kind].has(node.dataset[kind])));
    }
    for (const chart of all(article, ".picture > .chart")) setStop(chart, shownMarks(chart)[0]);
  };
  const choice = (kind, value) => {
    const input = element("input", { type: "checkbox", checked: "" });
    input.addEventListener("change", () => {
      if (input.checked) off[kind].delete(value);
      else off[kind].add(value);
      apply();
    });
    return element("label", { class: "choice" }, input, element("span", { title: value }, value));
  };
  for (const [kind, name] of Object.entries(KINDS)) {
    const values = [...new Set(all(article, `[data-${kind}]`).map((node) => node.dataset[kind]))];
    if (kind === "workers") values.sort((a, b) => a - b);
    if (values.length < 2) continue;
    const choices = values.map((value) => choice(kind, value));
    article.querySelector(".controls")?.append(element("fieldset", {}, element("legend", {}, name), ...choices));
  }
};

// Tables sort by the column whose head is pressed; rows without a figure come last in either direction.
const keyOf = (row, column) => {
  const cell = row.cells[column];
  if (cell.dataset.key !== undefined) return Number(cell.dataset.key);
  return cell.classList.contains("words") ? cell.textContent : null;
};

const compareKeys = (a, b, direction) => {
  if (a === null || b === null) return (a === null) - (b === null);
  return direction * (typeof a === "string" ? a.localeCompare(b) : a - b);
};

const sortBy = (table, head, column) => {
  const ascending = head.getAttribute("aria-sort") !== "ascending";
  for (const other of all(table, "thead th")) other.setAttribute("aria-sort", "none");
  head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
  const rows = [...table.tBodies[0].rows].map((row) => ({ row, key: keyOf(row, column) }));
  rows.sort((a, b) => compareKeys(a.key, b.key, ascending ? 1 : -1));
  table.tBodies[0].append(...rows.map(({ row }) => row));
};

const makeSortable = (table) => {
  all(table, "thead th").forEach((head, column) => {
    const button = element("button", { type: "button", class: "sort" }, head.textContent);
    head.replaceChildren(button);
    head.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => sortBy(table, head, column));
  });
};

const THEMES = ["system", "light", "dark"];

const watchTheme = (button) => {
  let current = 0;
  button.addEventListener("click", () => {
    current = (current + 1) % THEMES.length;
    if (current === 0) delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = THEMES[current];
    button.textContent = `Theme: ${THEMES[current]}`;
  });
};

document.documentElement.classList.add("js");
watchTips();
watchTheme(document.getElementById("theme"));
all(document, ".picture > .chart").forEach(startChart);
all(document, "article.run").forEach(startFilter);
all(document, "table.sortable").forEach(makeSortable);
})();
