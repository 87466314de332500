/** Attitude of a body to a matrix for drawing. */

import type { Attitude } from "../doors";

const RAD = Math.PI / 180;

/**
 * 4 x 4, column by column: from a mesh (x forward, y left, z up) to east, north, up.
 *
 * Attitude is that of MAVLink: forward-right-down against north-east-down, applied yaw, then pitch, then roll.
 */
export function enuFromMesh(attitude: Attitude): number[] {
  const [cr, sr] = [Math.cos(attitude.roll_deg * RAD), Math.sin(attitude.roll_deg * RAD)];
  const [cp, sp] = [Math.cos(attitude.pitch_deg * RAD), Math.sin(attitude.pitch_deg * RAD)];
  const [cy, sy] = [Math.cos(attitude.yaw_deg * RAD), Math.sin(attitude.yaw_deg * RAD)];
  const forward = [sy * cp, cy * cp, sp];
  const right = [sy * sp * sr + cy * cr, cy * sp * sr - sy * cr, -cp * sr];
  const down = [sy * sp * cr - cy * sr, cy * sp * cr + sy * sr, -cp * cr];
  return [...forward, 0, ...right.map((v) => -v), 0, ...down.map((v) => -v), 0, 0, 0, 0, 1];
}
