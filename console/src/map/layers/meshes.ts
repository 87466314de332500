/** Small solid aircraft, one unit long: x forward, y left, z up. */

import { Geometry } from "@luma.gl/engine";

type Point = readonly [number, number, number];
type Triangle = readonly [Point, Point, Point];

function box(x0: number, x1: number, y0: number, y1: number, z0: number, z1: number): Triangle[] {
  const p = (i: number): Point => [i & 1 ? x1 : x0, i & 2 ? y1 : y0, i & 4 ? z1 : z0];
  const quads = [
    [0, 2, 3, 1],
    [4, 5, 7, 6],
    [0, 1, 5, 4],
    [2, 6, 7, 3],
    [0, 4, 6, 2],
    [1, 3, 7, 5],
  ] as const;
  return quads.flatMap(([a, b, c, d]): Triangle[] => [
    [p(a), p(b), p(c)],
    [p(a), p(c), p(d)],
  ]);
}

/** A flat plate given by its corners, seen from both sides. */
function plate(...corners: Point[]): Triangle[] {
  const first = corners[0] as Point;
  return corners.slice(1, -1).flatMap((corner, i): Triangle[] => {
    const next = corners[i + 2] as Point;
    return [
      [first, corner, next],
      [first, next, corner],
    ];
  });
}

function disc(x: number, y: number, z: number, radius: number): Triangle[] {
  const rim = Array.from({ length: 12 }, (_, i): Point => {
    const a = (i / 12) * 2 * Math.PI;
    return [x + radius * Math.cos(a), y + radius * Math.sin(a), z];
  });
  return plate(...rim);
}

function arm(x: number, y: number): Triangle[] {
  const w = 0.035;
  const length = Math.hypot(x, y);
  const [nx, ny] = [(-y / length) * w, (x / length) * w];
  return [
    ...plate([nx, ny, 0.03], [x + nx, y + ny, 0.05], [x - nx, y - ny, 0.05], [-nx, -ny, 0.03]),
    ...disc(x, y, 0.08, 0.19),
  ];
}

function solid(triangles: Triangle[]): Geometry {
  const positions = new Float32Array(triangles.flat(2));
  const normals = new Float32Array(positions.length);
  triangles.forEach(([a, b, c], i) => {
    const u = [b[0] - a[0], b[1] - a[1], b[2] - a[2]] as const;
    const v = [c[0] - a[0], c[1] - a[1], c[2] - a[2]] as const;
    const n = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]] as const;
    const length = Math.hypot(...n) || 1;
    for (let corner = 0; corner < 3; corner += 1) {
      normals.set([n[0] / length, n[1] / length, n[2] / length], i * 9 + corner * 3);
    }
  });
  return new Geometry({
    topology: "triangle-list",
    attributes: {
      positions: { value: positions, size: 3 },
      normals: { value: normals, size: 3 },
      texCoords: { value: new Float32Array((positions.length / 3) * 2), size: 2 },
    },
  });
}

/** Four rotors on a cross, and a nose that shows where forward is. */
export const rotorcraft = solid([
  ...box(-0.17, 0.17, -0.1, 0.1, -0.05, 0.07),
  ...arm(0.34, 0.34),
  ...arm(0.34, -0.34),
  ...arm(-0.34, 0.34),
  ...arm(-0.34, -0.34),
  ...plate([0.17, 0.1, 0], [0.5, 0, 0], [0.17, -0.1, 0]),
]);

/** Fuselage, swept wing, tail. */
export const fixedWing = solid([
  ...box(-0.45, 0.38, -0.05, 0.05, -0.05, 0.06),
  ...plate([0.38, 0.05, 0], [0.55, 0, 0], [0.38, -0.05, 0]),
  ...plate([0.2, 0, 0.03], [-0.02, 0.75, 0.06], [-0.16, 0.75, 0.06], [-0.08, 0, 0.03]),
  ...plate([0.2, 0, 0.03], [-0.08, 0, 0.03], [-0.16, -0.75, 0.06], [-0.02, -0.75, 0.06]),
  ...plate([-0.3, 0, 0.03], [-0.42, 0.26, 0.03], [-0.5, 0.26, 0.03], [-0.48, 0, 0.03]),
  ...plate([-0.3, 0, 0.03], [-0.48, 0, 0.03], [-0.5, -0.26, 0.03], [-0.42, -0.26, 0.03]),
  ...plate([-0.3, 0, 0.05], [-0.46, 0, 0.26], [-0.52, 0, 0.26], [-0.48, 0, 0.05]),
]);
