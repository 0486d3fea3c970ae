"use strict";
// Draws what stands in the page as data, and follows the slider; every text goes in as text.
const data = JSON.parse(document.getElementById("data").textContent);
const WIDTH = 320, HEIGHT = 170, LEFT = 50, RIGHT = 8, TOP = 8, BOTTOM = 20;
const COLOURS = 6;
const followers = []; // called with the step that is looked at

function shown(value) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  const plain = value === 0 || (size >= 1e-3 && size < 1e5);
  return plain ? String(Number(value.toPrecision(3))) : value.toExponential(1);
}

function svg(name, attributes, parent) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const key in attributes) made.setAttribute(key, attributes[key]);
  if (parent) parent.append(made);
  return made;
}

function html(name, text, parent) {
  const made = document.createElement(name);
  made.textContent = text;
  parent.append(made);
  return made;
}

function range(numbers) {
  const known = numbers.filter((value) => value !== null);
  return known.length ? [Math.min(...known), Math.max(...known)] : [0, 1];
}

function scale(low, high, from, to, log) {
  const place = log ? Math.log : (value) => value;
  const width = place(high) - place(low);
  if (!width) return () => (from + to) / 2;
  return (value) => from + ((place(value) - place(low)) / width) * (to - from);
}

function ticks(low, high, log) {
  if (log) {
    const found = [];
    for (let power = Math.ceil(Math.log10(low)); 10 ** power <= high; power++) found.push(10 ** power);
    const apart = Math.ceil(found.length / 4);
    return found.length < 2 ? [low, high] : found.filter((_, place) => place % apart === 0);
  }
  if (low === high) return [low];
  const rough = (high - low) / 4, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= rough);
  const found = [];
  for (let n = Math.ceil(low / step); n * step <= high; n++) found.push(n * step);
  return found;
}

// a frame with axes; x and y give the place of a value
function plot(parent, label, xs, ys, log, xTicks) {
  const image = svg("svg", { class: "plot", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" }, parent);
  image.setAttribute("aria-label", label);
  const [left, right] = range(xs), [low, high] = range(ys);
  const x = scale(left, right, LEFT, WIDTH - RIGHT, false);
  const y = scale(low, high, HEIGHT - BOTTOM, TOP, log);
  for (const value of ticks(low, high, log)) {
    const at = y(value);
    svg("line", { class: "frame", x1: LEFT, x2: WIDTH - RIGHT, y1: at, y2: at }, image);
    svg("text", { x: LEFT - 5, y: at + 4, "text-anchor": "end" }, image).textContent = shown(value);
  }
  for (const [value, text] of xTicks || [[left, String(left)], [right, String(right)]]) {
    const anchor = value === left ? "start" : "end";
    const at = { x: x(value), y: HEIGHT - 5, "text-anchor": anchor };
    svg("text", at, image).textContent = text;
  }
  return { image, x, y };
}

function path(xs, ys, x, y) {
  let pen = "M";
  return xs.map((at, place) => {
    if (ys[place] === null || ys[place] === undefined) { pen = "M"; return ""; }
    const piece = `${pen}${x(at).toFixed(1)} ${y(ys[place]).toFixed(1)}`;
    pen = "L";
    return piece;
  }).join("");
}

// the last place whose step is not after the one looked at
function last(xs, step) {
  let found = 0;
  xs.forEach((at, place) => { if (at <= step) found = place; });
  return found;
}

function caption(parent, title, names) {
  const made = html("figcaption", "", parent);
  html("b", title, made);
  return names.map((name, place) => {
    const entry = html("span", "", made);
    const key = svg("svg", { class: "key", viewBox: "0 0 22 8", "aria-hidden": "true" }, entry);
    svg("path", { class: `curve c${place % COLOURS}`, d: "M0 4H22" }, key);
    html("i", `${name} `, entry);
    return html("b", "", entry);
  });
}

function panel(place, xs, one) {
  const figure = html("figure", "", place);
  const values = caption(figure, one.title, one.lines.map((line) => line.name));
  const ys = one.lines.flatMap((line) => line.y);
  const from = `${one.title}, steps ${xs[0]} to ${xs[xs.length - 1]}`;
  const { image, x, y } = plot(figure, from, xs, ys, one.log);
  const now = svg("line", { class: "now", y1: TOP, y2: HEIGHT - BOTTOM }, image);
  one.lines.forEach((line, number) => {
    const look = { class: `curve c${number % COLOURS}`, d: path(xs, line.y, x, y) };
    svg("path", look, image);
    line.y.forEach((value, at) => { // what stands alone has no line
      const alone = [line.y[at - 1], line.y[at + 1]].every((v) => v === null || v === undefined);
      const dot = { class: `dot c${number % COLOURS}`, cx: x(xs[at]), cy: y(value), r: 2.5 };
      if (value !== null && alone) svg("circle", dot, image);
    });
  });
  followers.push((step) => {
    const at = last(xs, step);
    for (const end of ["x1", "x2"]) now.setAttribute(end, x(xs[at]));
    one.lines.forEach((line, number) => { values[number].textContent = shown(line.y[at]); });
  });
}

function spectrum(place, one) {
  const figure = html("figure", "", place);
  const [said] = caption(figure, one.title, ["at step"]);
  const xs = Array.from({ length: one.y[0].length }, (_, number) => number);
  const ends = [[0, "largest"], [xs.length - 1, "smallest"]];
  const label = `${one.title}: singular values at ${one.x.length} steps`;
  const { image, x, y } = plot(figure, label, xs, one.y.flat(), one.log, ends);
  const lines = one.y.map((values) => svg("path", { d: path(xs, values, x, y) }, image));
  followers.push((step) => {
    const at = last(one.x, step);
    said.textContent = String(one.x[at]);
    for (const line of lines) line.setAttribute("class", "curve other");
    lines[at].setAttribute("class", "curve c0");
    image.append(lines[at]); // above the others
  });
}

function samples(grids) {
  const picture = document.getElementById("picture"), said = document.getElementById("pictured");
  const xs = grids.map((grid) => grid.step);
  picture.hidden = false;
  followers.push((step) => {
    const grid = grids[last(xs, step)];
    picture.src = grid.src;
    picture.alt = said.textContent = `Samples at step ${grid.step}`;
  });
}

function fill(name) {
  const place = document.getElementById(name), found = data[name];
  if (!found || !found.x.length) return;
  place.replaceChildren();
  for (const one of found.panels) panel(place, found.x, one);
  const part = `${found.x.length} of ${found.rows} rows are drawn, evenly spaced.`;
  if (found.x.length < found.rows) html("p", part, place).className = "soft";
}

function slider() {
  const all = new Set((data.samples || []).map((grid) => grid.step));
  for (const name of ["scores", "diagnostics", "layers"]) {
    for (const step of (data[name] || { x: [] }).x) all.add(step);
  }
  if (!all.size && data.training) data.training.x.forEach((step) => all.add(step));
  const steps = [...all].sort((a, b) => a - b);
  if (!steps.length) return;
  const input = document.getElementById("step"), label = document.getElementById("looked");
  const look = () => {
    const step = steps[Number(input.value)];
    label.textContent = `Step ${step}`;
    input.setAttribute("aria-valuetext", `step ${step}`);
    for (const follow of followers) follow(step);
  };
  input.max = steps.length - 1;
  input.value = steps.length - 1;
  input.addEventListener("input", look);
  document.getElementById("steps").hidden = steps.length < 2;
  look();
}

["scores", "training", "diagnostics", "layers"].forEach(fill);
if (data.spectra && data.spectra.length) {
  document.getElementById("spectra").replaceChildren();
  data.spectra.forEach((one) => spectrum(document.getElementById("spectra"), one));
}
if (data.samples && data.samples.length) samples(data.samples);
slider();
