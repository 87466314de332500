/** The colours of things on the map, once, for map and legend. */

import type { Health } from "./kinds";

export type Rgb = [number, number, number];

/** Pixel densities of IEC 62676-4:2025 (px/m) and the colours from each on: denser is lighter and warmer. */
export const COVERAGE: readonly (readonly [px_per_m: number, colour: string])[] = [
  [20, "#4163c4"],
  [40, "#2f86d6"],
  [80, "#25a6cb"],
  [125, "#2fc09f"],
  [250, "#8fd069"],
  [500, "#e0d850"],
  [1500, "#ffb14a"],
];

export const ZONES: Record<string, string> = {
  flight_area: "#4f9cf0",
  no_fly: "#ff5c5c",
  ceiling: "#e0a030",
  alert: "#c07bff",
};

export const SITE = "#ffd98a";

export const VEHICLES: readonly Rgb[] = [
  [76, 194, 255],
  [255, 181, 71],
  [146, 232, 136],
  [240, 132, 214],
  [166, 153, 255],
  [94, 234, 212],
];

export const TARGETS: Record<string, Rgb> = {
  person: [255, 209, 102],
  vehicle: [90, 224, 216],
  other: [200, 208, 218],
};

export const HEALTH: Record<Health, Rgb> = {
  ok: [110, 220, 150],
  connecting: [150, 170, 190],
  degraded: [240, 190, 80],
  stalled: [255, 140, 70],
  frozen: [255, 140, 70],
  black: [255, 140, 70],
  offline: [255, 92, 92],
  none: [120, 140, 158],
};

/** One colour for each vehicle, the same everywhere: by the order of their names. */
export function vehicleColour(id: string, ids: readonly string[]): Rgb {
  const index = Math.max(ids.indexOf(id), 0);
  return VEHICLES[index % VEHICLES.length] ?? [76, 194, 255];
}

export function css(rgb: Rgb, alpha = 1): string {
  return `rgb(${rgb.join(" ")} / ${alpha})`;
}
