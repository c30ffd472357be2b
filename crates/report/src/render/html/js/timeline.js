// A lane per worker, coloured by what it did.

// Height of a lane, as far as there is room for it.
const laneHeight = (lanes) => Math.max(9, Math.min(26, Math.floor(520 / lanes)));
const STATE_FILLS = { spawn: "spawn", dispatch: "dispatch", tail: "granularity", teardown: "teardown" };

const segmentLines = (lane, segment, states) => {
  const state = states.get(segment.state);
  const what = segment.job === null ? `${state.name}: ${state.meaning}` : `job ${segment.job}`;
  const span = segment.to_s - segment.from_s;
  return [`worker ${lane.worker}`, what, `${seconds(span)}, from ${seconds(segment.from_s)} to ${seconds(segment.to_s)}`];
};

const drawLane = (plot, lane, y, states) => {
  const height = plot.lane - Math.min(4, plot.lane / 5);
  const middle = y + height / 2 + 4;
  if (height > 11 || lane.worker % 4 === 0) write(plot, lane.worker, plot.area.left - 8, middle, { "text-anchor": "end" });
  for (const segment of lane.segments) {
    const x = plot.x(segment.from_s);
    const width = Math.max(0.5, plot.x(segment.to_s) - x);
    const boxes = filledBox(STATE_FILLS[segment.state] ?? null, { x, y, width, height });
    const label = segment.job !== null && width > 22 && height > 11 ? svg("text", { class: "name", x: x + width / 2, y: middle, "text-anchor": "middle" }, segment.job) : null;
    mark(plot, segmentLines(lane, segment, states), ...boxes, label);
  }
};

const timeAxis = (plot, longest) => {
  const { ticks } = ticksOf(0, longest, Math.max(2, plot.area.width / 90));
  for (const value of ticks) {
    const x = plot.x(value);
    stroke(plot, x, plot.area.top, x, plot.area.bottom, "grid");
    write(plot, value === 0 ? "0" : seconds(value), x, plot.area.bottom + 16, { "text-anchor": "middle" });
  }
};

const timelinePlot = (label, timeline, longest, width, states) => {
  const lane = laneHeight(timeline.lanes.length);
  const height = MARGIN.top + timeline.lanes.length * lane + 28;
  const plot = emptyPlot(width, height, label);
  const area = areaOf(plot, { ...MARGIN, left: 28, right: 24, bottom: 28 });
  const whole = { ...plot, area, lane, x: linear(0, longest, area.left, area.right) };
  timeAxis(whole, longest);
  timeline.lanes.forEach((worker, index) => drawLane(whole, worker, area.top + index * lane + 2, states));
  return plot.root;
};

const timelinesOf = (view, workload) =>
  shownTables(view).flatMap(([table]) => {
    const row = table.rows.find((candidate) => candidate.workers === view.workers);
    const timeline = row ? estimateOf(row, workload)?.timeline : null;
    return timeline ? [{ table, timeline }] : [];
  });

const timelineChart = (view, workload, width) => {
  const found = timelinesOf(view, workload);
  if (found.length === 0) return [nothing(`There is no timeline with ${workersOf(view.workers)}.`)];
  // One scale for all, so that the executors can be compared.
  const longest = Math.max(...found.map(({ timeline }) => timeline.wall_s));
  const entries = [...view.states.values()].map((state) => [state.key === "task" ? plainSample("gained") : lossSample(STATE_FILLS[state.key]), state.name]);
  const plots = found.flatMap(({ table, timeline }) => {
    const title = `${table.executor}, ${workersOf(view.workers)}, ${seconds(timeline.wall_s)} (round ${timeline.round})`;
    return [html("h5", {}, title), timelinePlot(`Timeline of ${title}`, timeline, longest, width, view.states)];
  });
  return [legend(entries), ...plots];
};
