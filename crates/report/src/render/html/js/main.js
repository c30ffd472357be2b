// Puts it all together: one view per run, drawn again when something is chosen or resized.

const CHARTS = {
  speedup: speedupChart,
  stack: stackChart,
  timeline: timelineChart,
  rounds: roundsChart,
  efficiency: efficiencyChart,
  "karp-flatt": karpFlattChart,
  law: lawChart,
};

// Charts on paper are this wide, whatever the window is.
const PAPER_WIDTH = 660;
let printing = false;

const widthOf = (plots) => (printing ? PAPER_WIDTH : Math.max(260, Math.round(plots.clientWidth) || 640));

const drawChart = (figure, view) => {
  const plots = figure.querySelector(".plots");
  const draw = CHARTS[figure.dataset.chart];
  const width = widthOf(plots);
  const several = view.workloads.length > 1;
  const drawn = view.workloads.flatMap((workload) => {
    const head = several ? [html("h5", {}, view.run.workloads[workload].label)] : [];
    return [...head, ...draw(view, workload, width)];
  });
  plots.replaceChildren(...drawn);
};

const drawRun = (article, view) => {
  hideTip();
  for (const figure of all(article, ".chart")) drawChart(figure, view);
  chooseAccounts(article, view);
};

// The most workers that are no more than the CPUs, as in the answer at the top.
const tellingWorkers = (run) => {
  const counts = countsOf(run);
  const rows = run.executors.flatMap((table) => table.rows);
  const within = counts.filter((count) => rows.some((row) => row.workers === count && !row.oversubscribed));
  return within[within.length - 1] ?? counts[0] ?? 1;
};

const viewOf = (run, data) => ({
  run,
  workloads: run.workloads.length ? [0] : [],
  executors: new Set(run.executors.map((_, index) => index)),
  workers: tellingWorkers(run),
  losses: lossNames(data),
  states: new Map(data.states.map((state) => [state.key, state])),
});

const watchWidth = (article, redraw) => {
  let last = 0;
  const observer = new ResizeObserver(() => {
    const width = article.clientWidth;
    if (width !== last && !printing) redraw();
    last = width;
  });
  observer.observe(article);
};

// On paper nobody can choose, so all workloads are drawn.
const watchPrinting = (article, view) => {
  let chosen = view.workloads;
  let opened = [];
  addEventListener("beforeprint", () => {
    chosen = view.workloads;
    opened = all(article, "details").map((details) => details.open);
    printing = true;
    view.workloads = view.run.workloads.map((_, index) => index);
    drawRun(article, view);
    for (const details of all(article, "details")) details.open = true;
  });
  addEventListener("afterprint", () => {
    printing = false;
    view.workloads = chosen;
    all(article, "details").forEach((details, index) => { details.open = opened[index]; });
    drawRun(article, view);
  });
};

const startRun = (article, run, data) => {
  const view = viewOf(run, data);
  const redraw = () => drawRun(article, view);
  article.querySelector(".controls")?.append(...controls(view, redraw));
  redraw();
  watchWidth(article, redraw);
  watchPrinting(article, view);
};

const start = () => {
  const data = JSON.parse(document.getElementById("data").textContent, (_, value) => (typeof value === "string" ? seen(value) : value));
  document.documentElement.classList.add("js");
  watchTips();
  watchTheme();
  all(document, "table.sortable").forEach(makeSortable);
  all(document, "article.run").forEach((article, index) => startRun(article, data.runs[index], data));
};

start();
