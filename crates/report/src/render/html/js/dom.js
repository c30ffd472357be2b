// Elements. Text only ever gets in as text, never as markup.

const SVG = "http://www.w3.org/2000/svg";

const dress = (node, attributes, children) => {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) node.setAttribute(name, String(value));
  }
  node.append(...children.filter((child) => child !== null));
  return node;
};

const html = (name, attributes = {}, ...children) =>
  dress(document.createElement(name), attributes, children);

const svg = (name, attributes = {}, ...children) =>
  dress(document.createElementNS(SVG, name), attributes, children);

const all = (root, selector) => [...root.querySelectorAll(selector)];

// Characters that cannot be seen, or that turn the direction of what follows, become one that can.
const seen = (text) => text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");

const present = (value) => value !== null && value !== undefined && Number.isFinite(value);
