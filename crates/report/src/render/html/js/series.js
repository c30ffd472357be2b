// Executors as series: colour, dashes and marker differ together, so that each alone suffices.

const COLOURS = 7;
const DASHES = [null, "9 4", "2.5 3", "11 3 2.5 3"];
const CORNERS = [[32, 0], [4, 45], [3, 90], [4, 0], [3, 270]];

const markerPath = (index, x, y, radius) => {
  const [corners, first] = CORNERS[index % CORNERS.length];
  const reach = corners === 32 ? radius : radius * 1.25;
  const corner = (_, step) => {
    const angle = ((first + (360 * step) / corners) * Math.PI) / 180;
    return [x + reach * Math.cos(angle), y - reach * Math.sin(angle)];
  };
  return `${pathOf(Array.from({ length: corners }, corner))}Z`;
};

const seriesClass = (index) => `s${index % COLOURS}`;

const seriesSample = (index) =>
  svg(
    "svg",
    { class: seriesClass(index), width: 30, height: 14, viewBox: "0 0 30 14", "aria-hidden": "true" },
    svg("path", { d: "M0 7H30", class: "line", fill: "none", stroke: "var(--c)", "stroke-width": 1.75, "stroke-dasharray": DASHES[index % 4] }),
    svg("path", { d: markerPath(index, 15, 7, 4.5), fill: "var(--c)" }),
  );

const lineSample = (name) =>
  svg("svg", { class: "key", width: 30, height: 14, viewBox: "0 0 30 14", "aria-hidden": "true" }, svg("path", { d: "M0 7H30", class: name }));

const markerSample = (index) =>
  svg(
    "svg",
    { class: seriesClass(index), width: 12, height: 14, viewBox: "0 0 12 14", "aria-hidden": "true" },
    svg("path", { d: markerPath(index, 6, 7, 4), fill: "var(--c)" }),
  );

const legend = (entries) =>
  html("ul", { class: "legend" }, ...entries.map(([sample, name]) => html("li", {}, sample, html("span", {}, name))));

const shownTables = (view) => view.run.executors.map((table, index) => [table, index]).filter(([, index]) => view.executors.has(index));

const estimateOf = (row, workload) => {
  const cell = row.cells[workload];
  return cell && cell.state === "measured" ? cell : null;
};

const countsOf = (run) => [...new Set(run.executors.flatMap((table) => table.rows.map((row) => row.workers)))].sort((a, b) => a - b);

// The figures `pick` finds in a table, by ascending number of workers; null where there are none.
const pointsOf = (table, workload, pick) =>
  table.rows.map((row) => {
    const estimate = estimateOf(row, workload);
    return { workers: row.workers, oversubscribed: row.oversubscribed, estimate, quantity: estimate ? pick(estimate) : null };
  });

const DODGE = 7;

// A curve with whiskers and marks. `tell` gives the lines of a mark.
const drawSeries = (plot, index, shift, points, tell) => {
  const group = svg("g", { class: seriesClass(index) });
  plot.body.append(group);
  const inner = { ...plot, body: group };
  const at = (point) => [plot.x(point.workers) + shift, plot.y(point.quantity.value)];
  for (const stretch of stretches(points)) {
    group.append(svg("path", { d: pathOf(stretch.map(at)), class: "line", "stroke-dasharray": DASHES[index % 4] }));
  }
  for (const point of points.filter((candidate) => candidate.quantity)) {
    const [x, y] = at(point);
    const { interval } = point.quantity;
    const whisker = interval ? svg("path", { d: whiskerPath(x, plot.y(interval.low), plot.y(interval.high)), class: "whisker" }) : null;
    const hit = svg("circle", { cx: x, cy: y, r: 11, class: "hit" });
    mark(inner, tell(point), whisker, svg("path", { d: markerPath(index, x, y, 4.5), class: "marker" }), hit);
  }
};

const whiskerPath = (x, low, high) => `M${x} ${low}V${high}M${x - 4} ${low}H${x + 4}M${x - 4} ${high}H${x + 4}`;

// Runs of points without a gap between them.
const stretches = (points) => {
  const out = [[]];
  for (const point of points) {
    if (point.quantity) out[out.length - 1].push(point);
    else out.push([]);
  }
  return out.filter((stretch) => stretch.length > 1);
};

const drawAllSeries = (plot, tables, workload, pick, tell) => {
  tables.forEach(([table, index], order) => {
    const shift = (order - (tables.length - 1) / 2) * Math.min(DODGE, plot.area.width / 90);
    drawSeries(plot, index, shift, pointsOf(table, workload, pick), (point) => tell(table, point));
  });
};

const valuesOf = (tables, workload, pick) =>
  tables.flatMap(([table]) => pointsOf(table, workload, pick)).flatMap(({ quantity }) =>
    quantity ? [quantity.value, quantity.interval?.high, quantity.interval?.low].filter(present) : []);

const caseLine = (table, point) => `${table.executor}, ${workersOf(point.workers)}${point.oversubscribed ? " (more than CPUs)" : ""}`;

const nothing = (text) => html("p", { class: "refusal" }, text);
