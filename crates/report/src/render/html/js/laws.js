// The universal scalability law as fitted, with the points it was fitted to, or its refusal.

const fittedLaws = (view, workload) =>
  shownTables(view).flatMap(([table, index]) => {
    const law = table.scaling[workload]?.usl;
    return law && law.fitted ? [{ table, index, fit: law.fitted }] : [];
  });

const refusals = (view, workload) =>
  shownTables(view).flatMap(([table]) => {
    const law = table.scaling[workload]?.usl;
    if (!law) return [];
    return law.refused === undefined ? [] : [nothing(`${table.executor}: ${law.refused}`)];
  });

const drawLaw = (plot, { table, index, fit }) => {
  const group = svg("g", { class: seriesClass(index) });
  plot.body.append(group);
  const along = (key) => fit.curve.map((point) => [plot.x(point.workers), plot.y(point[key])]);
  group.append(svg("path", { d: `${pathOf([...along("low"), ...along("high").reverse()])}Z`, class: "band" }));
  const lines = [
    `${table.executor}: universal scalability law`,
    `λ ${withInterval(fit.lambda, (value) => value.toFixed(3))}`,
    `σ ${withInterval(fit.sigma, (value) => value.toFixed(4))}`,
    `κ ${withInterval(fit.kappa, (value) => value.toFixed(4))}`,
    present(fit.peak) ? `peak at ${fixed(fit.peak, 1)} workers` : "no peak to be seen",
  ];
  const line = svg("path", { d: pathOf(along("speedup")), class: "line marker-line", "stroke-dasharray": DASHES[index % 4] });
  const hit = svg("path", { d: pathOf(along("speedup")), fill: "none", stroke: "transparent", "stroke-width": 14, "pointer-events": "stroke" });
  mark({ ...plot, body: group }, lines, line, hit);
};

const drawPoints = (plot, { table, index }, workload) => {
  const group = svg("g", { class: seriesClass(index) });
  for (const point of pointsOf(table, workload, speedupOf).filter((candidate) => candidate.quantity)) {
    group.append(svg("path", { d: markerPath(index, plot.x(point.workers), plot.y(point.quantity.value), 4), class: "marker" }));
  }
  plot.body.append(group);
};

const lawChart = (view, workload, width) => {
  const laws = fittedLaws(view, workload);
  const refused = refusals(view, workload);
  if (laws.length === 0) return refused.length ? refused : [nothing("No law of scaling was fitted.")];
  const ends = laws.flatMap(({ fit }) => fit.curve.map((point) => point.high));
  const points = valuesOf(laws.map(({ table, index }) => [table, index]), workload, speedupOf);
  const label = `Laws of scaling of ${view.run.workloads[workload].label}`;
  const options = { width, height: 280, label, counts: countsOf(view.run), range: [0, Math.max(...ends, ...points) * 1.05] };
  const plot = overWorkers({ ...options, cpus: view.run.environment.cpus_available.value });
  laws.forEach((law) => drawLaw(plot, law));
  laws.forEach((law) => drawPoints(plot, law, workload));
  return [legend(seriesEntries(laws.map(({ table, index }) => [table, index]))), plot.root, ...refused];
};
