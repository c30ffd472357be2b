// Speedup, efficiency and the serial fraction over workers.

const speedupOf = (estimate) => estimate.speedup ?? (present(estimate.factor) ? { value: estimate.factor, interval: null } : null);

// How far above the data the ideal line may stretch the axis before it leaves the plot instead.
const STRETCH = 2.5;

const drawSteps = (plot, bounds) => {
  if (bounds.length === 0) return;
  const known = bounds.filter((bound) => bound.workers >= plot.from && bound.workers <= plot.to);
  // The bound holds for whole numbers of workers only: a step reaches from one to before the next.
  const path = known.map((bound, index) => {
    const next = known[index + 1];
    const end = next ? plot.x(next.workers) : plot.x(bound.workers) + 12;
    return `${index ? "V" : `M${plot.x(bound.workers)} `}${plot.y(bound.speedup)}H${end}`;
  });
  plot.body.append(svg("path", { d: path.join(""), class: "bound" }));
};

const drawCeilings = (plot, ceilings) => {
  for (const { workers, speedup } of ceilings) {
    if (workers < plot.from || workers > plot.to) continue;
    const x = plot.x(workers);
    const y = plot.y(speedup.value);
    const lines = [`Ceiling of the hardware, ${workersOf(workers)}`, times(speedup), "pinned threads without any queue"];
    mark(plot, lines, svg("path", { d: `M${x - 16} ${y}H${x + 16}`, class: "ceiling" }), svg("rect", { x: x - 16, y: y - 6, width: 32, height: 12, class: "hit" }));
  }
};

const speedupLines = (column) => (table, point) => {
  const { estimate } = point;
  const bound = column.bounds.find((candidate) => candidate.workers === point.workers);
  const lines = [caseLine(table, point), `${estimate.speedup ? "speedup" : "factor"} ${times(point.quantity)}`, `time ${seconds(estimate.mean_s)}, ${estimate.runs} runs`];
  if (bound) lines.push(`granularity bound ${fixed(bound.speedup, 2)}${bound.exact ? "" : ` to ${fixed(bound.at_most, 2)}`}`);
  return lines;
};

const speedupChart = (view, workload, width) => {
  const column = view.run.workloads[workload];
  const tables = shownTables(view);
  const values = valuesOf(tables, workload, speedupOf);
  if (values.length === 0) return [nothing("Nothing was measured here.")];
  const counts = countsOf(view.run);
  const last = counts[counts.length - 1];
  const limits = [...column.bounds.map((bound) => bound.speedup), ...column.ceilings.map((ceiling) => ceiling.speedup.value)];
  const most = Math.max(1, ...values);
  const top = Math.max(most, ...limits.filter((limit) => limit <= STRETCH * most));
  const range = [0, Math.max(top, last <= STRETCH * most ? last : 1.5 * most) * 1.05];
  const cpus = view.run.environment.cpus_available.value;
  const plot = { ...overWorkers({ width, label: `Speedup of ${column.label} over workers`, counts, range, cpus }), from: counts[0], to: last };
  const ideal = [counts[0], Math.min(last, range[1])].map((count) => [plot.x(count), plot.y(count)]);
  plot.body.append(svg("path", { d: pathOf(ideal), class: "ideal" }));
  drawSteps(plot, column.bounds.filter((bound) => bound.speedup <= range[1]));
  drawCeilings(plot, column.ceilings);
  drawAllSeries(plot, tables, workload, speedupOf, speedupLines(column));
  const entries = [...seriesEntries(tables), [lineSample("ideal"), "ideal: N"]];
  if (column.bounds.length) entries.push([lineSample("bound"), "granularity bound"]);
  if (column.ceilings.length) entries.push([lineSample("ceiling"), "ceiling of the hardware"]);
  return [legend(entries), plot.root];
};

const seriesEntries = (tables) => tables.map(([table, index]) => [seriesSample(index), table.executor]);

// A chart of one figure over workers.
const figureChart = (name, pick, show, fit) => (view, workload, width) => {
  const column = view.run.workloads[workload];
  const tables = shownTables(view);
  const values = valuesOf(tables, workload, pick);
  if (values.length === 0) return [nothing("There are no figures for this.")];
  const options = { width, height: 260, label: `${name} of ${column.label} over workers`, counts: countsOf(view.run), range: fit(values), show: (value) => show(value) };
  const plot = overWorkers({ ...options, cpus: view.run.environment.cpus_available.value });
  const tell = (table, point) => [caseLine(table, point), `${name} ${withInterval(point.quantity, show)}`];
  drawAllSeries(plot, tables, workload, pick, tell);
  return [legend(seriesEntries(tables)), plot.root];
};

const percent = (value) => `${(value * 100).toFixed(0)} %`;

const efficiencyChart = figureChart("efficiency", (estimate) => estimate.efficiency, percent, (values) => [0, Math.max(1, ...values) * 1.05]);

const karpFlattChart = figureChart("serial fraction", (estimate) => estimate.karp_flatt, (value) => value.toFixed(3), (values) => {
  const span = Math.max(...values, 0.01) - Math.min(0, ...values);
  return [Math.min(0, ...values), Math.max(...values, 0.01) + 0.08 * span];
});
