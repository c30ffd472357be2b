// Time of every counted round over the mean of its case, and what a hypervisor took meanwhile.

const driftSeries = (view, workload) => {
  const series = [];
  shownTables(view).forEach(([table, index]) => {
    const row = table.rows.find((candidate) => candidate.workers === view.workers);
    const estimate = row ? estimateOf(row, workload) : null;
    if (estimate && estimate.rounds.length) series.push({ name: `${table.executor}, ${workersOf(view.workers)}`, index, estimate });
  });
  return series;
};

const driftLines = (name, point, mean) => {
  const lines = [`${name}, round ${point.round}`, `${seconds(point.wall_s)}, ${fixed(point.wall_s / mean, 3)} of the mean`];
  if (present(point.serial_s)) lines.push(`serial ${seconds(point.serial_s)}`);
  if (present(point.steal_s)) lines.push(`steal ${seconds(point.steal_s)}`);
  if (present(point.clock_hz)) lines.push(`clock ${fixed(point.clock_hz / 1e9, 2)} GHz`);
  if (present(point.width)) lines.push(`issue width ${fixed(point.width, 1)}`);
  return lines;
};

const drawDrift = (plot, one, shift) => {
  const group = svg("g", { class: seriesClass(one.index) });
  plot.body.append(group);
  for (const point of one.estimate.rounds) {
    const x = plot.x(point.round) + shift;
    const y = plot.y(point.wall_s / one.estimate.mean_s);
    const parts = [svg("path", { d: markerPath(one.index, x, y, 3.8), class: "marker" }), svg("circle", { cx: x, cy: y, r: 8, class: "hit" })];
    mark({ ...plot, body: group }, driftLines(one.name, point, one.estimate.mean_s), ...parts);
  }
};

// Steal as columns that hang from the floor of the plot.
const drawSteal = (plot, series, floor, height) => {
  const points = series.flatMap((one) => one.estimate.rounds.map((point) => ({ ...point, index: one.index }))).filter((point) => present(point.steal_s));
  const most = Math.max(0, ...points.map((point) => point.steal_s));
  if (points.length === 0) return write(plot, "steal: not known", plot.area.left, floor + 16);
  write(plot, most > 0 ? `steal, at most ${seconds(most)}` : "steal: none", plot.area.left, floor + 12);
  series.forEach((one, order) => {
    for (const point of one.estimate.rounds.filter((candidate) => present(candidate.steal_s) && candidate.steal_s > 0)) {
      const size = (point.steal_s / most) * (height - 18);
      const x = plot.x(point.round) + (order - series.length / 2) * 4;
      plot.body.append(svg("rect", { class: "steal", x, y: floor + height - size, width: 3, height: size }));
    }
  });
  return stroke(plot, plot.area.left, floor + height, plot.area.right, floor + height, "axis");
};

const roundsChart = (view, workload, width) => {
  const series = driftSeries(view, workload);
  if (series.length === 0) return [nothing(`There are no rounds with ${workersOf(view.workers)}.`)];
  const rounds = series.flatMap((one) => one.estimate.rounds.map((point) => point.round));
  const values = series.flatMap((one) => one.estimate.rounds.map((point) => point.wall_s / one.estimate.mean_s));
  const span = Math.max(0.01, Math.max(...values) - Math.min(...values));
  const range = [Math.min(...values) - 0.08 * span, Math.max(...values) + 0.08 * span];
  const plot = emptyPlot(width, 340, `Rounds of ${view.run.workloads[workload].label}`);
  const area = areaOf(plot, { ...MARGIN, left: 52, bottom: 112 });
  const whole = { ...plot, area, x: linear(Math.min(...rounds), Math.max(...rounds), area.left + 12, area.right - 12), y: linear(...range, area.bottom, area.top) };
  drawHeights(whole, area, whole.y, range, (value, digits) => value.toFixed(digits));
  stroke(whole, area.left, whole.y(1), area.right, whole.y(1), "ideal");
  series.forEach((one, order) => drawDrift(whole, one, (order - (series.length - 1) / 2) * 4));
  drawSteal(whole, series, area.bottom + 8, 62);
  for (const round of thinned([...new Set(rounds)].sort((a, b) => a - b), area.width)) {
    write(whole, round, whole.x(round), area.bottom + 88, { "text-anchor": "middle" });
  }
  write(whole, "round", (area.left + area.right) / 2, plot.height - 4, { "text-anchor": "middle" });
  return [legend([...series.map((one) => [markerSample(one.index), one.name]), [lineSample("ideal"), "mean"]]), plot.root];
};
