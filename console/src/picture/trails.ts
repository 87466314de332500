/** Where vehicles have been lately. */

import type { Entity } from "../doors";

export type TrailPoint = [lon_deg: number, lat_deg: number, alt_amsl_m: number];

const MIN_STEP_S = 0.8;

export class Trails {
  readonly points = new Map<string, TrailPoint[]>();
  readonly #newest = new Map<string, number>();

  constructor(readonly most = 150) {}

  note(entity: Entity): void {
    if (entity.kind !== "vehicle" || !entity.position) return;
    const newest = this.#newest.get(entity.id);
    if (newest !== undefined && entity.time - newest < MIN_STEP_S) return;
    const { lon_deg, lat_deg, alt_amsl_m } = entity.position;
    const trail = this.points.get(entity.id) ?? [];
    trail.push([lon_deg, lat_deg, alt_amsl_m]);
    if (trail.length > this.most) trail.shift();
    this.points.set(entity.id, trail);
    this.#newest.set(entity.id, entity.time);
  }

  forget(id: string): void {
    this.points.delete(id);
    this.#newest.delete(id);
  }
}
