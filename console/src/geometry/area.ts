import type { Position } from "geojson";
import { metresPerDegree } from "./enu";

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
