// The page itself: language, light and dark, and the one moment that map, profiles and the third dimension show together.

const root = document.documentElement;
root.classList.remove("no-program");
const first = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const data = JSON.parse(document.getElementById("data").textContent);
const courses = data.courses;
const SVG = first("#map").namespaceURI;
const watchers = [];

function speak(language) {
  root.lang = language;
  watchers.forEach((watcher) => watcher.words?.());
}
const said = (zh, en) => (root.lang.startsWith("zh") ? zh : en);

function paint(theme) {
  root.dataset.theme = theme;
  watchers.forEach((watcher) => watcher.colours?.());
}

first("#language").addEventListener("click", () => speak(said("en", "zh-CN")));
first("#theme").addEventListener("click", () => paint(root.dataset.theme === "dark" ? "light" : "dark"));
first("#print").addEventListener("click", () => window.print());
let screenTheme = "light";
window.addEventListener("beforeprint", () => {
  screenTheme = root.dataset.theme;
  paint("light");
});
window.addEventListener("afterprint", () => paint(screenTheme));

// What a course is doing at a time since its take-off: every column between its two neighbouring samples.
function at(course, time) {
  const times = course.t;
  let low = 0;
  let high = times.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (times[middle] <= time) low = middle;
    else high = middle;
  }
  const span = times[high] - times[low];
  const share = span > 0 ? Math.min(1, Math.max(0, (time - times[low]) / span)) : 0;
  const between = (column) => course[column][low] + (course[column][high] - course[column][low]) * share;
  return {
    time: Math.min(Math.max(time, 0), times[times.length - 1]),
    x: between("x"), y: between("y"), z: between("z"), ground: between("g"),
    distance: between("d"), speed: between("v"), energy: between("e"), item: course.i[high],
  };
}

const ends = (course) => (course.t.length ? course.t[course.t.length - 1] : 0);
const finish = Math.max(1, ...courses.map((course) => course.starts[course.starts.length - 1] + ends(course)));

// The time since a course's own take-off at a time of the mission; the last take-off before it counts.
function own(course, missionTime) {
  const started = course.starts.filter((start) => start <= missionTime);
  return missionTime - (started.length ? started[started.length - 1] : course.starts[0]);
}

let moment = null;
let latest = { plan: 0, missionTime: 0 };

// Show one moment of the mission everywhere; the chosen plan's figures are written out.
function choose(plan, missionTime) {
  latest = { plan, missionTime };
  moment = {
    plan,
    missionTime,
    places: courses.map((course) => (course.t.length ? at(course, own(course, missionTime)) : null)),
  };
  first("#clock").value = (1000 * missionTime) / finish;
  write();
  watchers.forEach((watcher) => watcher.moment?.(moment));
}

const clockText = (seconds) => {
  const whole = Math.round(seconds);
  const two = (value) => String(value).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
};

function write() {
  const place = moment?.places[moment.plan];
  if (!place) return;
  const parts = [
    [courses[moment.plan].name, ""],
    [clockText(place.time), ""],
    [place.z.toFixed(0), said("米 海拔", "m AMSL")],
    [(place.z - place.ground).toFixed(0), said("米 离地", "m above ground")],
    [place.speed.toFixed(1), said("米/秒", "m/s")],
    [place.distance >= 10000 ? (place.distance / 1000).toFixed(1) : place.distance.toFixed(0),
      place.distance >= 10000 ? said("千米", "km") : said("米", "m")],
    [place.energy.toFixed(0), said("% 已用电量", "% of battery used")],
    [said("第", "item"), `${place.item + 1}${said(" 项", "")}`],
  ];
  const output = first("#readout");
  output.replaceChildren(...parts.map(([value, unit]) => {
    const part = document.createElement("span");
    const strong = document.createElement("b");
    part.className = "part";
    strong.textContent = value;
    part.append(strong, ` ${unit}`);
    return part;
  }));
}
watchers.push({ words: write });

first("#clock").addEventListener("input", (event) => choose(latest.plan, (event.target.value / 1000) * finish));

let playing = null;
first("#play").addEventListener("click", () => {
  playing = playing === null ? performance.now() : null;
  first("#play").textContent = playing === null ? "▶" : "❚❚";
  if (playing === null) return;
  if (latest.missionTime >= finish - 0.1) latest.missionTime = 0;
  requestAnimationFrame(play);
});

// The whole mission in forty seconds, or in its own time if that is shorter.
function play(now) {
  if (playing === null) return;
  const next = latest.missionTime + ((now - playing) / 1000) * Math.max(1, finish / 40);
  playing = now;
  choose(latest.plan, Math.min(finish, next));
  if (next >= finish) first("#play").click();
  else requestAnimationFrame(play);
}
