import type { Position } from "geojson";
import { metresPerDegree } from "./enu";

/** Length (m) of a line of longitude and latitude, over short distances. */
export function lineLength(line: readonly Position[]): number {
  let length = 0;
  for (let i = 1; i < line.length; i += 1) {
    const [x0 = 0, y0 = 0] = line[i - 1] ?? [];
    const [x1 = 0, y1 = 0] = line[i] ?? [];
    const degree = metresPerDegree((y0 + y1) / 2);
    length += Math.hypot((x1 - x0) * degree.lon, (y1 - y0) * degree.lat);
  }
  return length;
}

/** Area (m²) of a small ring of longitude and latitude, on the plane that touches the earth there. */
export function ringArea(ring: readonly Position[]): number {
  const [lon0 = 0, lat0 = 0] = ring[0] ?? [];
  const degree = metresPerDegree(lat0);
  const points = ring.map(([lon = 0, lat = 0]) => [(lon - lon0) * degree.lon, (lat - lat0) * degree.lat] as const);
  let twice = 0;
  points.forEach(([x, y], i) => {
    const [nx, ny] = points[(i + 1) % points.length] ?? [x, y];
    twice += x * ny - nx * y;
  });
  return Math.abs(twice) / 2;
}
