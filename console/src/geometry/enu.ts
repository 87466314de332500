/** WGS84 positions and a local east-north-up frame. Heights are AMSL, as everywhere in Liti. */

const A_M = 6_378_137;
const F = 1 / 298.257_223_563;
const E2 = F * (2 - F);
const RAD = Math.PI / 180;

export type Vec3 = readonly [number, number, number];

export interface Geodetic {
  lat_deg: number;
  lon_deg: number;
  alt_amsl_m: number;
}

function ecef(lat_deg: number, lon_deg: number, alt_m: number): [number, number, number] {
  const lat = lat_deg * RAD;
  const lon = lon_deg * RAD;
  const n = A_M / Math.sqrt(1 - E2 * Math.sin(lat) ** 2);
  return [
    (n + alt_m) * Math.cos(lat) * Math.cos(lon),
    (n + alt_m) * Math.cos(lat) * Math.sin(lon),
    (n * (1 - E2) + alt_m) * Math.sin(lat),
  ];
}

/** The tangent plane at an origin. */
export class LocalFrame {
  readonly #origin: [number, number, number];
  readonly #east: Vec3;
  readonly #north: Vec3;
  readonly #up: Vec3;

  constructor(readonly origin: Geodetic) {
    const [sinLat, cosLat] = [Math.sin(origin.lat_deg * RAD), Math.cos(origin.lat_deg * RAD)];
    const [sinLon, cosLon] = [Math.sin(origin.lon_deg * RAD), Math.cos(origin.lon_deg * RAD)];
    this.#origin = ecef(origin.lat_deg, origin.lon_deg, origin.alt_amsl_m);
    this.#east = [-sinLon, cosLon, 0];
    this.#north = [-sinLat * cosLon, -sinLat * sinLon, cosLat];
    this.#up = [cosLat * cosLon, cosLat * sinLon, sinLat];
  }

  /** ENU metres of a position. */
  enu(position: Geodetic): [number, number, number] {
    const [x, y, z] = ecef(position.lat_deg, position.lon_deg, position.alt_amsl_m);
    const d: Vec3 = [x - this.#origin[0], y - this.#origin[1], z - this.#origin[2]];
    return [dot(d, this.#east), dot(d, this.#north), dot(d, this.#up)];
  }

  /** The position at ENU metres. */
  geodetic(enu: Vec3): Geodetic {
    const [e, n, u] = enu;
    const at = (i: 0 | 1 | 2) => this.#origin[i] + this.#east[i] * e + this.#north[i] * n + this.#up[i] * u;
    const [x, y, z] = [at(0), at(1), at(2)];
    const p = Math.hypot(x, y);
    let lat = Math.atan2(z, p * (1 - E2));
    let alt = 0;
    for (let i = 0; i < 5; i += 1) {
      const radius = A_M / Math.sqrt(1 - E2 * Math.sin(lat) ** 2);
      alt = p / Math.cos(lat) - radius;
      lat = Math.atan2(z, p * (1 - (E2 * radius) / (radius + alt)));
    }
    return { lat_deg: lat / RAD, lon_deg: Math.atan2(y, x) / RAD, alt_amsl_m: alt };
  }
}

export function dot(a: Vec3, b: Vec3): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

export function cross(a: Vec3, b: Vec3): [number, number, number] {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

/** Metres for one degree of latitude and of longitude near a latitude, for short distances. */
export function metresPerDegree(lat_deg: number): { lat: number; lon: number } {
  const s = Math.sin(lat_deg * RAD);
  const w = 1 - E2 * s * s;
  return { lat: (RAD * A_M * (1 - E2)) / w ** 1.5, lon: (RAD * A_M * Math.cos(lat_deg * RAD)) / Math.sqrt(w) };
}
