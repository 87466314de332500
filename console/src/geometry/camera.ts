/** The pinhole camera, in the words of maps.optics: azimuth from north, tilt 0 level and negative down, roll. */

import type { CameraPose } from "../doors";
import { cross, type Vec3 } from "./enu";

const RAD = Math.PI / 180;

export type View = Pick<CameraPose, "azimuth_deg" | "tilt_deg" | "roll_deg" | "hfov_deg" | "vfov_deg">;

export interface Axes {
  right: Vec3;
  down: Vec3;
  forward: Vec3;
}

/** The camera's axes in ENU. */
export function axes(view: View): Axes {
  const [az, tilt, roll] = [view.azimuth_deg * RAD, view.tilt_deg * RAD, view.roll_deg * RAD];
  const forward: Vec3 = [Math.sin(az) * Math.cos(tilt), Math.cos(az) * Math.cos(tilt), Math.sin(tilt)];
  const level: Vec3 = [Math.cos(az), -Math.sin(az), 0];
  const below = cross(forward, level);
  const [c, s] = [Math.cos(roll), Math.sin(roll)];
  return {
    right: [level[0] * c + below[0] * s, level[1] * c + below[1] * s, level[2] * c + below[2] * s],
    down: [below[0] * c - level[0] * s, below[1] * c - level[1] * s, below[2] * c - level[2] * s],
    forward,
  };
}

/** Unit ray in ENU through a point of the image; u and v run from 0 (left, top) to 1 (right, bottom). */
export function ray(view: View, u: number, v: number, frame: Axes = axes(view)): Vec3 {
  const x = (2 * u - 1) * Math.tan((view.hfov_deg * RAD) / 2);
  const y = (2 * v - 1) * Math.tan((view.vfov_deg * RAD) / 2);
  const d: Vec3 = [
    frame.forward[0] + x * frame.right[0] + y * frame.down[0],
    frame.forward[1] + x * frame.right[1] + y * frame.down[1],
    frame.forward[2] + x * frame.right[2] + y * frame.down[2],
  ];
  const length = Math.hypot(d[0], d[1], d[2]);
  return [d[0] / length, d[1] / length, d[2] / length];
}

/** Rays through the image's corners: upper left, upper right, lower right, lower left. */
export function cornerRays(view: View): [Vec3, Vec3, Vec3, Vec3] {
  const frame = axes(view);
  return [ray(view, 0, 0, frame), ray(view, 1, 0, frame), ray(view, 1, 1, frame), ray(view, 0, 1, frame)];
}

/** A point of a 2-sigma ellipse of a horizontal covariance (m²), n points around, relative to its centre. */
export function ellipse(covariance: readonly (readonly number[])[], sigmas = 2, points = 32): [number, number][] {
  const a = covariance[0]?.[0] ?? 0;
  const b = covariance[0]?.[1] ?? 0;
  const d = covariance[1]?.[1] ?? 0;
  const mean = (a + d) / 2;
  const spread = Math.hypot((a - d) / 2, b);
  const [major, minor] = [Math.sqrt(Math.max(mean + spread, 0)), Math.sqrt(Math.max(mean - spread, 0))];
  const turn = Math.atan2(2 * b, a - d) / 2;
  const [c, s] = [Math.cos(turn), Math.sin(turn)];
  return Array.from({ length: points + 1 }, (_, i) => {
    const angle = (i / points) * 2 * Math.PI;
    const [x, y] = [sigmas * major * Math.cos(angle), sigmas * minor * Math.sin(angle)];
    return [x * c - y * s, x * s + y * c];
  });
}
