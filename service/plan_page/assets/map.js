// The map: moved by dragging, zoomed by buttons, Ctrl and wheel, or two fingers; the nearest point of a path under the pointer.

const map = first("#map");
const frame = first(".map-frame");
const cursor = first("#map-cursor");
const whole = map.viewBox.baseVal;
const home = { x: whole.x, y: whole.y, width: whole.width, height: whole.height };
let shown = { ...home };
let moved = false;
let scaleNow = 1;

// Fill the frame: the wanted ground in the middle, the rest of the frame showing what lies around it.
function fit(wanted) {
  const wide = frame.clientWidth || 1;
  const tall = frame.clientHeight || 1;
  const scale = Math.max(wanted.width / wide, wanted.height / tall);
  shown = {
    x: wanted.x + wanted.width / 2 - (wide * scale) / 2,
    y: wanted.y + wanted.height / 2 - (tall * scale) / 2,
    width: wide * scale,
    height: tall * scale,
  };
  drawMap();
}

function drawMap() {
  map.setAttribute("viewBox", `${shown.x} ${shown.y} ${shown.width} ${shown.height}`);
  const scale = metresPerPixel();
  scaleNow = scale;
  map.style.setProperty("--px", scale);
  for (const pattern of all("pattern", map)) {
    const turn = pattern.getAttribute("patternTransform").replace(/^scale\([^)]*\)/, "");
    pattern.setAttribute("patternTransform", `scale(${scale})${turn}`);
  }
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000];
  const length = steps.findLast((step) => step / scale <= 130) ?? 1;
  first("#scale-bar").style.width = `${length / scale}px`;
  first("#scale-text").textContent = length >= 1000 ? `${length / 1000} km` : `${length} m`;
}

const metresPerPixel = () => shown.width / (frame.clientWidth || 1);

function zoom(factor, clientX, clientY) {
  const box = frame.getBoundingClientRect();
  const shareX = clientX === undefined ? 0.5 : (clientX - box.left) / box.width;
  const shareY = clientY === undefined ? 0.5 : (clientY - box.top) / box.height;
  const width = Math.min(home.width * 6, Math.max(20, shown.width * factor));
  const scaled = width / shown.width;
  shown = {
    x: shown.x + shown.width * shareX * (1 - scaled),
    y: shown.y + shown.height * shareY * (1 - scaled),
    width,
    height: shown.height * scaled,
  };
  moved = true;
  drawMap();
}

function move(byX, byY) {
  const scale = metresPerPixel();
  shown = { ...shown, x: shown.x - byX * scale, y: shown.y - byY * scale };
  moved = true;
  drawMap();
}

for (const button of all("[data-zoom]")) {
  const factor = Number(button.dataset.zoom);
  button.addEventListener("click", () => {
    if (factor) zoom(factor);
    else {
      moved = false;
      fit(home);
    }
  });
}
map.addEventListener("wheel", (event) => {
  if (!event.ctrlKey && !event.metaKey) return;
  event.preventDefault();
  zoom(Math.exp(event.deltaY * 0.003), event.clientX, event.clientY);
}, { passive: false });
map.addEventListener("dblclick", (event) => zoom(0.5, event.clientX, event.clientY));

const fingers = new Map();
map.addEventListener("pointerdown", (event) => {
  fingers.set(event.pointerId, [event.clientX, event.clientY]);
  map.setPointerCapture(event.pointerId);
});
for (const end of ["pointerup", "pointercancel"]) {
  map.addEventListener(end, (event) => {
    fingers.delete(event.pointerId);
    map.classList.remove("moving");
  });
}
map.addEventListener("pointermove", (event) => {
  const before = fingers.get(event.pointerId);
  if (!before) {
    point(event.clientX, event.clientY);
    return;
  }
  const others = [...fingers].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
  if (others.length) {
    const [other] = others;
    const apart = (place) => Math.max(10, Math.hypot(place[0] - other[0], place[1] - other[1]));
    zoom(apart(before) / apart([event.clientX, event.clientY]),
      (event.clientX + other[0]) / 2, (event.clientY + other[1]) / 2);
  } else {
    map.classList.add("moving");
    move(event.clientX - before[0], event.clientY - before[1]);
  }
  fingers.set(event.pointerId, [event.clientX, event.clientY]);
});
map.addEventListener("click", (event) => point(event.clientX, event.clientY));

// Choose the nearest moment of any path within thirty pixels of the pointer.
function point(clientX, clientY) {
  const box = frame.getBoundingClientRect();
  const x = shown.x + (clientX - box.left) * metresPerPixel();
  const y = -(shown.y + (clientY - box.top) * metresPerPixel());
  let best = { away: 30 * metresPerPixel() };
  courses.forEach((course, plan) => {
    for (let index = 1; index < course.x.length; index += 1) {
      const fromX = course.x[index - 1];
      const fromY = course.y[index - 1];
      const alongX = course.x[index] - fromX;
      const alongY = course.y[index] - fromY;
      const square = alongX * alongX + alongY * alongY;
      const share = square > 0
        ? Math.min(1, Math.max(0, ((x - fromX) * alongX + (y - fromY) * alongY) / square)) : 0;
      const away = Math.hypot(x - fromX - alongX * share, y - fromY - alongY * share);
      if (away < best.away) {
        best = { away, plan, time: course.t[index - 1] + (course.t[index] - course.t[index - 1]) * share };
      }
    }
  });
  if (best.plan !== undefined) choose(best.plan, courses[best.plan].starts[0] + best.time);
}

watchers.push({
  moment({ plan, places }) {
    cursor.replaceChildren(...places.flatMap((place, index) => {
      if (!place) return [];
      const pin = document.createElementNS(SVG, "g");
      const sized = document.createElementNS(SVG, "g");
      const dot = document.createElementNS(SVG, "circle");
      pin.setAttribute("class", `pin v${index % 8}`);
      pin.setAttribute("transform", `translate(${place.x.toFixed(1)} ${(-place.y).toFixed(1)})`);
      dot.setAttribute("class", index === plan ? "chosen" : "ghost");
      dot.setAttribute("r", index === plan ? "6" : "4.5");
      sized.append(dot);
      pin.append(sized);
      return [pin];
    }));
  },
});

// A frame of another size shows everything again, or, once the map was moved, the same middle at the same scale.
new ResizeObserver(() => {
  if (!frame.clientWidth || !frame.clientHeight) return;
  if (!moved) {
    fit(home);
    return;
  }
  const width = frame.clientWidth * scaleNow;
  const height = frame.clientHeight * scaleNow;
  shown = { x: shown.x + (shown.width - width) / 2, y: shown.y + (shown.height - height) / 2, width, height };
  drawMap();
}).observe(frame);
