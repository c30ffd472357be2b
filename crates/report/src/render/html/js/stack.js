// The speedup stack: for each number of workers a bar per executor that adds up to N.

const lossNames = (data) => new Map(data.losses.map((loss) => [loss.key, loss]));

const stackRange = (accounts) => {
  const lost = (account, sign) => account.rows.reduce((sum, row) => sum + Math.max(0, sign * row.speedup.value), 0);
  const top = Math.max(...accounts.map((account) => Math.max(account.workers, account.speedup + lost(account, 1))));
  return [-Math.max(0, ...accounts.map((account) => lost(account, -1))), top * 1.04];
};

// A box filled with the sheet of a loss, or plain. The outline lies on top, for the focus.
const filledBox = (key, box) => {
  if (key === null) return [svg("rect", { class: "segment gained", ...box })];
  const inside = svg("svg", box, svg("use", { href: `#sheet-${key}` }));
  return [inside, svg("rect", { class: "segment outline", ...box })];
};

const stackBox = (plot, x, width, low, high) => {
  const y = plot.y(high);
  return { x, width, y, height: Math.max(0, plot.y(low) - y) };
};

const drawStack = (plot, account, head, x, width, names) => {
  const bar = (low, high, lines, key) => mark(plot, lines, ...filledBox(key, stackBox(plot, x, width, low, high)));
  bar(0, Math.max(0, account.speedup), [head, `speedup ${fixed(account.speedup, 2)} of ${account.workers}`], null);
  let top = account.speedup;
  let bottom = 0;
  for (const row of account.rows) {
    const { value } = row.speedup;
    const { name, meaning } = names.get(row.loss);
    const parts = row.parts.map((part) => `${part.name} ${fixed(part.speedup.value, 3)}`);
    const lines = [head, `${name} ${withInterval(row.speedup, (figure) => fixed(figure, 3))}`, meaning, ...parts];
    if (value > 0) {
      bar(top, top + value, lines, row.loss);
      top += value;
    } else if (value < 0) {
      bar(bottom + value, bottom, [...lines, "a gain"], row.loss);
      bottom += value;
    }
  }
  const edge = plot.y(account.workers);
  plot.body.append(svg("path", { d: `M${x - 3} ${edge}H${x + width + 3}`, class: "edge" }));
};

// Accounts by number of workers, those of the executors side by side.
const stackGroups = (view, workload) =>
  countsOf(view.run).map((workers) => {
    const bars = shownTables(view).map(([table, index]) => {
      const row = table.rows.find((candidate) => candidate.workers === workers);
      const account = row ? estimateOf(row, workload)?.account : null;
      return account ? { account, index, table } : null;
    });
    return { workers, bars: bars.filter((bar) => bar !== null) };
  }).filter((group) => group.bars.length > 0);

const stackPlot = (label, width, groups) => {
  const plot = emptyPlot(width, 340, label);
  const area = areaOf(plot, { ...MARGIN, bottom: 54 });
  const range = stackRange(groups.flatMap((group) => group.bars.map((bar) => bar.account)));
  const y = linear(range[0], range[1], area.bottom, area.top);
  drawHeights(plot, area, y, range, (value, digits) => value.toFixed(digits));
  return { ...plot, area, y };
};

const stackChart = (view, workload, width) => {
  const groups = stackGroups(view, workload);
  if (groups.length === 0) return [nothing("There is no account of the loss here: it needs raw samples and a serial baseline.")];
  const plot = stackPlot(`Speedup and losses of ${view.run.workloads[workload].label}`, width, groups);
  const { area } = plot;
  const slot = area.width / groups.length;
  groups.forEach((group, order) => {
    const left = area.left + slot * order;
    const each = Math.min(44, (slot * 0.8) / group.bars.length);
    const start = left + slot / 2 - (each * group.bars.length) / 2;
    if (group.workers === view.workers) plot.body.prepend(svg("rect", { x: left, y: area.top, width: slot, height: area.height, class: "chosen" }));
    group.bars.forEach(({ account, index, table }, place) => {
      const x = start + place * each;
      drawStack(plot, account, `${table.executor}, ${workersOf(group.workers)}`, x + 1, Math.max(1, each - 2), view.losses);
      const key = { d: markerPath(index, x + each / 2, area.bottom + 11, 3.5), class: `marker ${seriesClass(index)}` };
      plot.body.append(svg("path", key));
    });
    write(plot, group.workers, left + slot / 2, area.bottom + 32, { "text-anchor": "middle" });
  });
  write(plot, "workers", (area.left + area.right) / 2, plot.height - 4, { "text-anchor": "middle" });
  return [stackLegend(view, groups), plot.root];
};

const swatch = (content) => svg("svg", { class: "swatch", width: 14, height: 14, "aria-hidden": "true" }, content);

const lossSample = (key) => swatch(svg("use", { href: `#sheet-${key}` }));

const plainSample = (name) => swatch(svg("rect", { class: name, width: 14, height: 14 }));

const stackLegend = (view, groups) => {
  const used = new Set(groups.flatMap((group) => group.bars.flatMap((bar) => bar.account.rows.map((row) => row.loss))));
  const losses = [...view.losses.values()].filter((loss) => used.has(loss.key)).map((loss) => [lossSample(loss.key), loss.name]);
  const executors = shownTables(view).map(([table, index]) => [markerSample(index), table.executor]);
  return legend([...executors, [plainSample("gained"), "speedup"], ...losses]);
};
