// What stands beside a mark while it is pointed at or has the focus.

const tip = html("div", { id: "tip", role: "tooltip", hidden: "" });
const tips = new WeakMap();

const placeTip = (box) => {
  const own = tip.getBoundingClientRect();
  const left = Math.min(Math.max(8, box.left + box.width / 2 - own.width / 2), innerWidth - own.width - 8);
  const above = box.top - own.height - 8;
  tip.style.setProperty("left", `${Math.max(8, left)}px`);
  tip.style.setProperty("top", `${above > 8 ? above : box.bottom + 8}px`);
};

const showTip = (mark) => {
  const [head, ...lines] = tips.get(mark);
  tip.replaceChildren(html("strong", {}, head), ...lines.map((line) => html("span", {}, line)));
  tip.hidden = false;
  placeTip(mark.getBoundingClientRect());
};

const hideTip = () => {
  tip.hidden = true;
};

const markOf = (event) => (event.target instanceof Element ? event.target.closest(".mark") : null);

// A mark that gets the focus is scrolled into view, and its tip has to come along.
const followTip = () => {
  const mark = markOf({ target: document.activeElement });
  if (mark && !tip.hidden) placeTip(mark.getBoundingClientRect());
  else hideTip();
};

const watchTips = () => {
  document.body.append(tip);
  document.addEventListener("pointerover", (event) => {
    const mark = markOf(event);
    if (mark) showTip(mark);
    else if (!markOf({ target: document.activeElement })) hideTip();
  });
  document.addEventListener("focusin", (event) => {
    const mark = markOf(event);
    if (mark) showTip(mark);
    else hideTip();
  });
  document.addEventListener("focusout", hideTip);
  document.addEventListener("scroll", followTip, { passive: true, capture: true });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hideTip();
  });
};

// A chart is one stop of the tab key; arrow keys go from mark to mark within it.
const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

const nextMark = (marks, current, key) => {
  if (key === "Home") return marks[0];
  if (key === "End") return marks[marks.length - 1];
  if (!(key in STEPS)) return null;
  return marks[(marks.indexOf(current) + STEPS[key] + marks.length) % marks.length];
};

const walkMarks = (event) => {
  const current = markOf(event);
  const next = current && nextMark(all(event.currentTarget, ".mark"), current, event.key);
  if (!next) return;
  event.preventDefault();
  current.setAttribute("tabindex", "-1");
  next.setAttribute("tabindex", "0");
  next.focus();
};

// Makes what `children` draw a mark that says `lines`.
const mark = (plot, lines, ...children) => {
  const first = !plot.root.querySelector(".mark");
  const label = lines.join(", ");
  const attributes = { class: "mark", tabindex: first ? 0 : -1, role: "img", "aria-label": label };
  const node = svg("g", attributes, ...children);
  tips.set(node, lines);
  plot.body.append(node);
  return node;
};
