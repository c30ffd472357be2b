// What readers choose: the workload, the executors, the number of workers, light or dark.

let groups = 0;

const choice = (type, group, name, checked, choose) => {
  const input = html("input", { type, name: group });
  input.checked = checked;
  input.addEventListener("change", () => choose(input.checked));
  return html("label", { class: "choice" }, input, html("span", { title: name }, name));
};

const fieldset = (name, type, options) => {
  groups += 1;
  const group = `choice-${groups}`;
  const choices = options.map(([label, checked, choose]) => choice(type, group, label, checked, choose));
  return html("fieldset", {}, html("legend", {}, name), ...choices);
};

// A list to choose from where buttons would be too many.
const MOST_BUTTONS = 8;

const dropDown = (name, options) => {
  const select = html("select", {}, ...options.map(([label, chosen]) => {
    const option = html("option", {}, label);
    option.selected = chosen;
    return option;
  }));
  select.addEventListener("change", () => options[select.selectedIndex][2](true));
  return html("label", { class: "drop" }, html("span", {}, name), select);
};

const oneOf = (name, options) =>
  options.length > MOST_BUTTONS ? dropDown(name, options) : fieldset(name, "radio", options);

const controls = (view, changed) => {
  const set = (change) => (checked) => {
    change(checked);
    changed();
  };
  const workloads = view.run.workloads.map((workload, index) => [workload.label, view.workloads.includes(index), set(() => { view.workloads = [index]; })]);
  const everything = view.run.workloads.map((_, index) => index);
  if (everything.length > 1) workloads.push(["all", false, set(() => { view.workloads = everything; })]);
  const executors = view.run.executors.map((table, index) => [table.executor, true, set((checked) => (checked ? view.executors.add(index) : view.executors.delete(index)))]);
  const counts = countsOf(view.run).map((count) => [String(count), count === view.workers, set(() => { view.workers = count; })]);
  return [
    ...(view.run.workloads.length > 1 ? [oneOf("Workload", workloads)] : []),
    ...(executors.length > 1 ? [fieldset("Executors", "checkbox", executors)] : []),
    ...(counts.length > 1 ? [oneOf("Workers", counts)] : []),
  ];
};

const THEMES = ["system", "light", "dark"];

const watchTheme = () => {
  const button = document.getElementById("theme");
  let current = 0;
  button.addEventListener("click", () => {
    current = (current + 1) % THEMES.length;
    if (current === 0) delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = THEMES[current];
    button.textContent = `Theme: ${THEMES[current]}`;
  });
};
