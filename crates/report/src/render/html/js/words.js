// Figures as the tables show them.

const MISSING = "—";

const fixed = (value, digits) => (present(value) ? value.toFixed(digits) : MISSING);

const threeDigits = (value) => {
  const size = Math.abs(value);
  return value.toFixed(size < 10 ? 2 : size < 100 ? 1 : 0);
};

const seconds = (value) => {
  if (!present(value)) return MISSING;
  const size = Math.abs(value);
  if (size > 0 && size < 1e-3) return `${threeDigits(value * 1e6)} µs`;
  if (size > 0 && size < 1) return `${threeDigits(value * 1e3)} ms`;
  return `${threeDigits(value)} s`;
};

const withInterval = (quantity, show) => {
  const { value, interval } = quantity;
  return interval ? `${show(value)} [${show(interval.low)}, ${show(interval.high)}]` : show(value);
};

const times = (quantity) => {
  const { value, interval } = quantity;
  const bracket = interval ? ` [${fixed(interval.low, 2)}, ${fixed(interval.high, 2)}]` : "";
  return `${fixed(value, 2)}x${bracket}`;
};

const workersOf = (count) => (count === 1 ? "1 worker" : `${count} workers`);

// Equal steps of 1, 2 or 5 times a power of ten that cover a range.
const ticksOf = (low, high, most) => {
  const rough = (high - low) / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough * 0.999);
  const ticks = [];
  for (let index = Math.ceil(low / step - 1e-9); index * step <= high + step * 1e-9; index += 1) {
    ticks.push(index * step);
  }
  return { ticks, digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) };
};
