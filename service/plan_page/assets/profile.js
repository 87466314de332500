// The altitude profiles: along distance or time, stretched on demand, with the moment under the pointer.

const profiles = first(".profiles");
let stretch = 1;

for (const button of all("[data-axis]")) {
  button.addEventListener("click", () => {
    profiles.classList.toggle("time", button.dataset.axis === "time");
    all("[data-axis]").forEach((each) => each.setAttribute("aria-pressed", String(each === button)));
  });
}
for (const button of all("[data-stretch]")) {
  button.addEventListener("click", () => {
    stretch = Math.min(16, Math.max(1, stretch * Number(button.dataset.stretch)));
    all(".profile").forEach((profile) => { profile.style.width = `${stretch * 100}%`; });
  });
}

// The time at which a course has come so far.
function timeAt(course, distance) {
  let low = 0;
  let high = course.d.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (course.d[middle] <= distance) low = middle;
    else high = middle;
  }
  const span = course.d[high] - course.d[low];
  const share = span > 0 ? Math.min(1, Math.max(0, (distance - course.d[low]) / span)) : 0;
  return course.t[low] + (course.t[high] - course.t[low]) * share;
}

for (const profile of all(".profile")) {
  const plan = Number(profile.dataset.plan);
  const course = courses[plan];
  const follow = (event) => {
    const box = profile.getBoundingClientRect();
    const value = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * Number(profile.dataset.end);
    const time = profile.classList.contains("by-time") ? value : timeAt(course, value);
    choose(plan, course.starts[0] + time);
  };
  profile.addEventListener("pointermove", follow);
  profile.addEventListener("click", follow);
}

watchers.push({
  moment({ places }) {
    for (const profile of all(".profile")) {
      const place = places[Number(profile.dataset.plan)];
      const { end, low, high } = profile.dataset;
      const value = profile.classList.contains("by-time") ? place.time : place.distance;
      const left = `${(100 * value) / Number(end)}%`;
      const line = first(".cursor", profile);
      const spot = first(".spot", profile);
      line.hidden = spot.hidden = false;
      line.style.left = spot.style.left = left;
      spot.style.top = `${(100 * (Number(high) - place.z)) / (Number(high) - Number(low))}%`;
    }
  },
});
