/** The ground as a grid of heights, and where rays meet it. */

import type { LocalFrame, Vec3 } from "./enu";

/** Height of the ground, metres AMSL; undefined where it is not known. */
export type GroundHeight = (lon_deg: number, lat_deg: number) => number | undefined;

/** A block of Web Mercator tiles of heights at one zoom. */
export class HeightGrid {
  readonly #heights: Float32Array;

  constructor(
    readonly zoom: number,
    readonly left: number,
    readonly top: number,
    readonly columns: number,
    readonly rows: number,
    readonly tile_px = 256,
  ) {
    this.#heights = new Float32Array(columns * rows * tile_px * tile_px).fill(Number.NaN);
  }

  /** Put in one tile from its terrarium pixels (RGBA): height = R * 256 + G + B / 256 - 32768. */
  put(x: number, y: number, rgba: Uint8ClampedArray): void {
    const stride = this.columns * this.tile_px;
    const start = (y - this.top) * this.tile_px * stride + (x - this.left) * this.tile_px;
    for (let row = 0; row < this.tile_px; row += 1) {
      for (let column = 0; column < this.tile_px; column += 1) {
        const i = (row * this.tile_px + column) * 4;
        this.#heights[start + row * stride + column] =
          (rgba[i] ?? 0) * 256 + (rgba[i + 1] ?? 0) + (rgba[i + 2] ?? 0) / 256 - 32_768;
      }
    }
  }

  /** Lowest and highest height within an area; null where nothing is known. */
  range(bounds: readonly [number, number, number, number], steps = 120): [number, number] | null {
    const [west, south, east, north] = bounds;
    let [lowest, highest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let i = 0; i <= steps; i += 1) {
      for (let j = 0; j <= steps; j += 1) {
        const height = this.at(west + ((east - west) * i) / steps, south + ((north - south) * j) / steps);
        if (height === undefined) continue;
        lowest = Math.min(lowest, height);
        highest = Math.max(highest, height);
      }
    }
    return lowest <= highest ? [lowest, highest] : null;
  }

  /** Bilinear height; undefined outside of the tiles that were put in. */
  readonly at: GroundHeight = (lon_deg, lat_deg) => {
    const size = this.tile_px * 2 ** this.zoom;
    const sin = Math.sin((lat_deg * Math.PI) / 180);
    const px = ((lon_deg + 180) / 360) * size - this.left * this.tile_px - 0.5;
    const py = (0.5 - Math.log((1 + sin) / (1 - sin)) / (4 * Math.PI)) * size - this.top * this.tile_px - 0.5;
    const [width, height] = [this.columns * this.tile_px, this.rows * this.tile_px];
    if (px < -0.5 || py < -0.5 || px > width - 0.5 || py > height - 0.5) return undefined;
    const x = Math.min(Math.max(px, 0), width - 1.001);
    const y = Math.min(Math.max(py, 0), height - 1.001);
    const [column, row] = [Math.floor(x), Math.floor(y)];
    const [fx, fy] = [x - column, y - row];
    const h = (c: number, r: number) => this.#heights[r * width + c] ?? Number.NaN;
    const value =
      (h(column, row) * (1 - fx) + h(column + 1, row) * fx) * (1 - fy) +
      (h(column, row + 1) * (1 - fx) + h(column + 1, row + 1) * fx) * fy;
    return Number.isNaN(value) ? undefined : value;
  };
}

/** Tile columns and rows that cover an area at a zoom. */
export function tilesOver(bounds: readonly [number, number, number, number], zoom: number) {
  const n = 2 ** zoom;
  const column = (lon: number) => Math.floor(((lon + 180) / 360) * n);
  const row = (lat: number) => {
    const sin = Math.sin((lat * Math.PI) / 180);
    return Math.floor((0.5 - Math.log((1 + sin) / (1 - sin)) / (4 * Math.PI)) * n);
  };
  const [west, south, east, north] = bounds;
  const [left, top] = [column(west), row(north)];
  return { left, top, columns: column(east) - left + 1, rows: row(south) - top + 1 };
}

/**
 * Where a ray from `origin` (ENU, metres) along `direction` (unit) first meets the ground, or null within `range_m`.
 *
 * Marches in steps that grow with the height above ground, then halves the interval.
 */
export function rayGround(
  origin: Vec3,
  direction: Vec3,
  frame: LocalFrame,
  ground: GroundHeight,
  range_m = 3_000,
): Vec3 | null {
  const point = (r: number): Vec3 => [
    origin[0] + direction[0] * r,
    origin[1] + direction[1] * r,
    origin[2] + direction[2] * r,
  ];
  const above = (r: number): number | undefined => {
    const at = frame.geodetic(point(r));
    const height = ground(at.lon_deg, at.lat_deg);
    return height === undefined ? undefined : at.alt_amsl_m - height;
  };
  let near = 0;
  let clearance = above(0);
  if (clearance === undefined || clearance < 0) return null;
  while (near < range_m) {
    const far = near + Math.max(2, clearance * 0.3);
    const next = above(far);
    if (next === undefined) return null;
    if (next <= 0) return point(halve(above, near, far));
    near = far;
    clearance = next;
  }
  return null;
}

function halve(above: (r: number) => number | undefined, near: number, far: number): number {
  let [low, high] = [near, far];
  for (let i = 0; i < 20; i += 1) {
    const middle = (low + high) / 2;
    if ((above(middle) ?? 0) > 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
