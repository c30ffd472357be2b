// Tables sort by the column whose head is pressed.

const keyOf = (row, column) => {
  const cell = row.cells[column];
  const key = cell.dataset.key;
  if (key !== undefined) return Number(key);
  return cell.classList.contains("words") ? cell.textContent : null;
};

// Rows without a figure come last, whatever the direction.
const compareKeys = (a, b, direction) => {
  if (a === null || b === null) return (a === null) - (b === null);
  return typeof a === "string" ? direction * a.localeCompare(b) : direction * (a - b);
};

const sortBy = (table, head, column) => {
  const ascending = head.getAttribute("aria-sort") !== "ascending";
  for (const other of all(table, "thead th")) other.setAttribute("aria-sort", "none");
  head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => ({ row, key: keyOf(row, column) }));
  rows.sort((a, b) => compareKeys(a.key, b.key, ascending ? 1 : -1));
  body.append(...rows.map(({ row }) => row));
};

const makeSortable = (table) => {
  all(table, "thead th").forEach((head, column) => {
    const button = html("button", { type: "button", class: "sort" }, head.textContent);
    head.replaceChildren(button);
    head.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => sortBy(table, head, column));
  });
};

// The accounts of the cases chosen, opened; the others hidden.
const chooseAccounts = (article, view) => {
  const accounts = all(article, ".account");
  let shown = 0;
  for (const account of accounts) {
    const { workload, executor, workers } = account.dataset;
    const chosen = view.workloads.includes(Number(workload)) && view.executors.has(Number(executor)) && Number(workers) === view.workers;
    account.hidden = !chosen;
    account.open = chosen;
    shown += Number(chosen);
  }
  const none = article.querySelector("p.none");
  if (none) none.hidden = shown > 0;
};
