// The third dimension: ground, buildings, and paths with a curtain to the ground, drawn from far to near on a canvas.

const canvas = first("#solid");
const pen = canvas.getContext("2d");
const ground = data.ground;
const middle = [(data.view[0] + data.view[2]) / 2, (data.view[1] + data.view[3]) / 2];
const reach = Math.max(data.view[2] - data.view[0], data.view[3] - data.view[1]);
const lowest = ground.z.reduce((low, value) => Math.min(low, value), Infinity);
const eye = { turn: -0.6, tilt: 0.62, near: 1, tall: 1 };
let palette = {};
let waiting = false;

function readColours() {
  const style = getComputedStyle(root);
  const value = (name) => style.getPropertyValue(name).trim();
  palette = { land: shade(value("--land")), wall: shade(value("--b1")), earth: value("--earth-edge"), text: value("--text"),
    panel: value("--panel"), paths: [0, 1, 2, 3, 4, 5, 6, 7].map((index) => value(`--v${index}`)) };
}
const shade = (hex) => [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16));
const lit = (colour, light) => `rgb(${colour.map((part) => Math.round(Math.min(255, part * light))).join(" ")})`;

let sinTurn = 0;
let cosTurn = 1;
let sinTilt = 0;
let cosTilt = 1;
let focal = 1;
let size = [1, 1];

// A place to the screen: x, y in pixels and the distance from the eye.
function project(x, y, z) {
  const east = (x - middle[0]) / reach;
  const north = (y - middle[1]) / reach;
  const up = ((z - lowest) / reach) * eye.tall;
  const right = east * cosTurn - north * sinTurn;
  const ahead = east * sinTurn + north * cosTurn;
  const depth = 1.22 * eye.near + ahead * cosTilt - up * sinTilt;
  const above = ahead * sinTilt + up * cosTilt;
  const scale = focal / Math.max(0.05, depth);
  return [size[0] / 2 + right * scale, size[1] * 0.5 - above * scale, depth];
}

function polygon(corners, fill, edge) {
  pen.beginPath();
  corners.forEach((corner, index) => (index ? pen.lineTo(corner[0], corner[1]) : pen.moveTo(corner[0], corner[1])));
  pen.closePath();
  pen.fillStyle = fill;
  pen.fill();
  if (edge) {
    pen.strokeStyle = edge;
    pen.stroke();
  }
}

const mean = (corners) => corners.reduce((sum, corner) => sum + corner[2], 0) / corners.length;

function groundFaces() {
  const wide = ground.x.length;
  const corners = ground.z.map((z, index) => project(ground.x[index % wide], ground.y[Math.floor(index / wide)], z));
  const faces = [];
  for (let row = 0; row + 1 < ground.y.length; row += 1) {
    for (let column = 0; column + 1 < wide; column += 1) {
      const index = row * wide + column;
      const four = [corners[index], corners[index + 1], corners[index + wide + 1], corners[index + wide]];
      const step = ground.x[1] - ground.x[0];
      const slope = (ground.z[index + 1] - ground.z[index] - (ground.z[index + wide] - ground.z[index])) / step;
      faces.push([mean(four), four, lit(palette.land, 0.97 + Math.max(-0.25, Math.min(0.2, slope * 3)))]);
    }
  }
  return faces.sort((a, b) => b[0] - a[0]);
}

// Walls that face the eye, lit by their direction, and the roof.
function buildingFaces(building) {
  const [tall, base] = building;
  const faces = [];
  const roof = [];
  const count = (building.length - 2) / 2;
  const corner = (index) => [building[2 + 2 * (index % count)], building[3 + 2 * (index % count)]];
  for (let index = 0; index < count; index += 1) {
    const [x, y] = corner(index);
    const [nextX, nextY] = corner(index + 1);
    const four = [project(x, y, base), project(nextX, nextY, base), project(nextX, nextY, base + tall), project(x, y, base + tall)];
    roof.push(four[3]);
    const facing = Math.abs(Math.cos(Math.atan2(nextY - y, nextX - x) + 0.7));
    faces.push([mean(four), four, lit(palette.wall, 0.72 + 0.2 * facing)]);
  }
  faces.push([mean(roof) - 0.002, roof, lit(palette.wall, 1.04)]);
  return faces;
}

function curtainFaces(course, index) {
  const colour = palette.paths[index % 8];
  const length = course.d.length ? course.d[course.d.length - 1] : 0;
  const veil = Math.min(0.2, Math.max(0.03, (0.8 * reach) / Math.max(1, length)));
  const faces = [];
  const step = Math.max(1, Math.floor(course.x.length / 1500));
  for (let from = 0; from + step < course.x.length; from += step) {
    const to = Math.min(from + step, course.x.length - 1);
    const four = [
      project(course.x[from], course.y[from], course.g[from]), project(course.x[to], course.y[to], course.g[to]),
      project(course.x[to], course.y[to], course.z[to]), project(course.x[from], course.y[from], course.z[from]),
    ];
    faces.push([mean(four), four, colour, veil]);
  }
  return faces;
}

function drawSolid() {
  waiting = false;
  const sharp = Math.min(2, window.devicePixelRatio || 1);
  size = [canvas.clientWidth, canvas.clientHeight];
  if (!size[0] || !size[1]) return;
  if (canvas.width !== Math.round(size[0] * sharp) || canvas.height !== Math.round(size[1] * sharp)) {
    canvas.width = Math.round(size[0] * sharp);
    canvas.height = Math.round(size[1] * sharp);
  }
  pen.setTransform(sharp, 0, 0, sharp, 0, 0);
  pen.clearRect(0, 0, size[0], size[1]);
  [sinTurn, cosTurn, sinTilt, cosTilt] = [Math.sin(eye.turn), Math.cos(eye.turn), Math.sin(eye.tilt), Math.cos(eye.tilt)];
  focal = Math.min(size[0] * 0.95, size[1] * 1.75);
  pen.lineWidth = 0.6;
  for (const [, corners, fill] of groundFaces()) polygon(corners, fill, fill);
  const faces = [...data.buildings.flatMap(buildingFaces), ...courses.flatMap(curtainFaces)].sort((a, b) => b[0] - a[0]);
  for (const [, corners, fill, veil] of faces) {
    pen.globalAlpha = veil ?? 0.94;
    pen.lineWidth = 0.5;
    polygon(corners, fill, null);
    if (veil === undefined) continue;
    pen.globalAlpha = 1;
    pen.lineWidth = 2;
    pen.lineCap = "round";
    pen.strokeStyle = fill;
    pen.beginPath();
    pen.moveTo(corners[3][0], corners[3][1]);
    pen.lineTo(corners[2][0], corners[2][1]);
    pen.stroke();
  }
  pen.globalAlpha = 1;
  drawMoment();
  drawNorth();
}

function drawMoment() {
  moment?.places.forEach((place, index) => {
    if (!place) return;
    const top = project(place.x, place.y, place.z);
    const foot = project(place.x, place.y, place.ground);
    pen.strokeStyle = palette.text;
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(top[0], top[1]);
    pen.lineTo(foot[0], foot[1]);
    pen.stroke();
    pen.beginPath();
    pen.arc(top[0], top[1], index === moment.plan ? 6 : 4.5, 0, 2 * Math.PI);
    pen.fillStyle = palette.paths[index % 8];
    pen.fill();
    pen.lineWidth = 2;
    pen.stroke();
  });
}

function drawNorth() {
  const [x, y] = [28, 34];
  const ahead = [-sinTurn * 16, -cosTurn * sinTilt * 16];
  pen.strokeStyle = pen.fillStyle = palette.text;
  pen.lineWidth = 1.6;
  pen.beginPath();
  pen.moveTo(x - ahead[0], y - ahead[1]);
  pen.lineTo(x + ahead[0], y + ahead[1]);
  pen.stroke();
  pen.font = "600 11px sans-serif";
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText("N", x + ahead[0] * 1.6, y + ahead[1] * 1.6);
}

function redraw() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(drawSolid);
}

const hands = new Map();
canvas.addEventListener("pointerdown", (event) => {
  hands.set(event.pointerId, [event.clientX, event.clientY]);
  canvas.setPointerCapture(event.pointerId);
});
for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, (event) => hands.delete(event.pointerId));
canvas.addEventListener("pointermove", (event) => {
  const before = hands.get(event.pointerId);
  if (!before || hands.size > 1) return;
  eye.turn += (event.clientX - before[0]) * 0.008;
  eye.tilt = Math.min(1.5, Math.max(0.08, eye.tilt + (event.clientY - before[1]) * 0.006));
  hands.set(event.pointerId, [event.clientX, event.clientY]);
  redraw();
});
function approach(factor) {
  eye.near = Math.min(2.5, Math.max(0.25, eye.near * factor));
  redraw();
}
canvas.addEventListener("wheel", (event) => {
  if (!event.ctrlKey && !event.metaKey) return;
  event.preventDefault();
  approach(Math.exp(event.deltaY * 0.002));
}, { passive: false });
for (const button of all("[data-solid-zoom]")) button.addEventListener("click", () => approach(Number(button.dataset.solidZoom)));
for (const button of all("[data-tall]")) {
  button.addEventListener("click", () => {
    eye.tall = Number(button.dataset.tall);
    all("[data-tall]").forEach((each) => each.setAttribute("aria-pressed", String(each === button)));
    redraw();
  });
}

watchers.push({
  colours() {
    readColours();
    redraw();
  },
  moment: redraw,
});
new ResizeObserver(redraw).observe(canvas);

const wanted = location.hash.slice(1).split(",");
paint(wanted.includes("dark") || (!wanted.includes("light") && matchMedia("(prefers-color-scheme: dark)").matches) ? "dark" : "light");
speak(wanted.includes("en") || (!wanted.includes("zh") && !navigator.language.startsWith("zh")) ? "en" : "zh-CN");
