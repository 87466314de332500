/** What the moving part of the map is drawn from, gathered once for every redraw. */

import type { Entity, Layer as FeatureLayer, Mission } from "../../doors";
import { LocalFrame, metresPerDegree } from "../../geometry/enu";
import type { GroundHeight } from "../../geometry/ground";
import { freshness } from "../../picture/reducer";
import type { TrailPoint } from "../../picture/trails";
import type { LayerSwitch } from "../kinds";
import type { Rgb } from "../palette";

export interface Scene {
  entities: ReadonlyMap<string, Entity>;
  vehicles: Entity[];
  vehicleIds: string[];
  trails: ReadonlyMap<string, TrailPoint[]>;
  cameras: FeatureLayer | null;
  draft: Mission | null;
  selected: string | null;
  shown: Record<LayerSwitch, boolean>;
  /** The service's time. */
  now: number;
  frame: LocalFrame;
  ground: GroundHeight;
  /** Metres on the ground for one pixel at the middle of the map. */
  metresPerPixel: number;
  /** Where a position is on the screen, in pixels. */
  project: (position: [number, number, number]) => [number, number];
  /** Something went wrong with the connection: everything is shown as old. */
  lost: boolean;
}

export type Rgba = [number, number, number, number];
export type Point3 = [number, number, number];

export function rgba(colour: Rgb, alpha: number): Rgba {
  return [colour[0], colour[1], colour[2], Math.round(alpha * 255)];
}

/** How strongly an entity is drawn: faded when it is late, ghostly when stale. */
export function strength(scene: Pick<Scene, "now" | "lost">, entity: Entity): number {
  switch (freshness(entity, scene.now)) {
    case "fresh":
      return scene.lost ? 0.5 : 1;
    case "late":
      return 0.6;
    case "stale":
      return 0.28;
  }
}

/** Longitude, latitude and AMSL of a point displaced from another by metres east and north. */
export function displaced(from: Point3, east_m: number, north_m: number, up_m = 0): Point3 {
  const degree = metresPerDegree(from[1]);
  return [from[0] + east_m / degree.lon, from[1] + north_m / degree.lat, from[2] + up_m];
}

export function pointOf(entity: Entity): Point3 | null {
  const p = entity.position;
  return p === undefined ? null : [p.lon_deg, p.lat_deg, p.alt_amsl_m];
}

/** Height of the ground beneath a point: from the district, else from the entity's own height above ground. */
export function groundBelow(scene: Scene, entity: Entity): number | undefined {
  const p = entity.position;
  if (p === undefined) return undefined;
  const known = scene.ground(p.lon_deg, p.lat_deg);
  if (known !== undefined) return known;
  return p.alt_agl_m === undefined ? undefined : p.alt_amsl_m - p.alt_agl_m;
}

/** Drawn over everything, whatever stands in front. */
export const ON_TOP = { depthCompare: "always", depthWriteEnabled: false } as const;
/** Hidden by what stands in front, hiding nothing itself. */
export const SEE_THROUGH = { depthCompare: "less-equal", depthWriteEnabled: false } as const;
