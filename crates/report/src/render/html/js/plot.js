// A pair of axes with a grid, and the ways from figures to places on it.

const linear = (from, to, start, end) => (value) => start + ((value - from) / (to - from || 1)) * (end - start);

const MARGIN = { top: 14, right: 14, bottom: 40, left: 46 };

const emptyPlot = (width, height, label) => {
  const body = svg("g");
  const root = svg("svg", {
    class: "plot",
    viewBox: `0 0 ${width} ${height}`,
    role: "group",
    "aria-roledescription": "chart",
    "aria-label": label,
  });
  root.append(body);
  root.addEventListener("keydown", walkMarks);
  return { root, body, width, height };
};

const write = (plot, content, x, y, attributes = {}) =>
  plot.body.append(svg("text", { x, y, ...attributes }, content));

const stroke = (plot, x1, y1, x2, y2, name) => plot.body.append(svg("line", { x1, y1, x2, y2, class: name }));

const drawHeights = (plot, area, y, range, show) => {
  const { ticks, digits } = ticksOf(range[0], range[1], Math.max(2, area.height / 48));
  for (const value of ticks) {
    const at = Math.round(y(value)) + 0.5;
    stroke(plot, area.left, at, area.right, at, value === 0 ? "axis" : "grid");
    write(plot, show(value, digits), area.left - 8, at + 4, { "text-anchor": "end" });
  }
};

const areaOf = (plot, margin) => ({
  left: margin.left,
  top: margin.top,
  right: plot.width - margin.right,
  bottom: plot.height - margin.bottom,
  width: plot.width - margin.left - margin.right,
  height: plot.height - margin.top - margin.bottom,
});

// As many of the labels as have room.
const thinned = (values, room) => {
  const step = Math.max(1, Math.ceil((values.length * 30) / Math.max(30, room)));
  return values.filter((_, index) => index % step === 0);
};

// Axes over numbers of workers, which stand where they are as numbers.
const overWorkers = (options) => {
  const { width, height = 320, label, counts, range, show = (value, digits) => value.toFixed(digits) } = options;
  const plot = emptyPlot(width, height, label);
  const area = areaOf(plot, MARGIN);
  const pad = Math.min(36, area.width / (2 * counts.length + 2));
  const x = linear(counts[0], counts[counts.length - 1], area.left + pad, area.right - pad);
  const y = linear(range[0], range[1], area.bottom, area.top);
  const place = counts.length === 1 ? () => (area.left + area.right) / 2 : x;
  shadeOversubscribed(plot, area, place, counts, options.cpus);
  drawHeights(plot, area, y, range, show);
  for (const count of thinned(counts, area.width)) {
    write(plot, count, place(count), area.bottom + 18, { "text-anchor": "middle" });
  }
  write(plot, "workers", (area.left + area.right) / 2, plot.height - 4, { "text-anchor": "middle" });
  return { ...plot, area, x: place, y };
};

const shadeOversubscribed = (plot, area, x, counts, cpus) => {
  const first = counts.findIndex((count) => present(cpus) && count > cpus);
  if (first < 0) return;
  const from = first === 0 ? area.left : (x(counts[first - 1]) + x(counts[first])) / 2;
  const shape = { x: from, y: area.top, width: area.right - from, height: area.height, class: "over" };
  plot.body.append(svg("rect", shape));
  const text = area.right - from > 130 ? "more workers than CPUs" : "> CPUs";
  write(plot, text, area.right - 6, area.bottom - 8, { "text-anchor": "end" });
};

const pathOf = (points) => points.map(([x, y], index) => `${index ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
