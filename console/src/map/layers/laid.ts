/** A video frame laid on the ground, through the pose that came with that very frame. */

import { COORDINATE_SYSTEM, type Layer } from "@deck.gl/core";
import { SimpleMeshLayer } from "@deck.gl/mesh-layers";
import { Texture, type Device } from "@luma.gl/core";
import { Geometry } from "@luma.gl/engine";
import type { CameraPose } from "../../doors";
import { axes, ray } from "../../geometry/camera";
import { LocalFrame } from "../../geometry/enu";
import { rayGround, type GroundHeight } from "../../geometry/ground";
import { ON_TOP, type Scene } from "./scene";

const COLUMNS = 20;
const ROWS = 12;
const REACH_M = 1_500;
const LIFT_M = 0.4;

/** Vertices on the ground, in metres east, north, up of the camera, for a grid over the image. */
export interface GroundMesh {
  positions: Float32Array;
  texCoords: Float32Array;
  normals: Float32Array;
}

/** Rays through a grid over the image, met with the ground; cells that see no ground are left out. */
export function groundMesh(pose: CameraPose, frame: LocalFrame, ground: GroundHeight): GroundMesh {
  const view = axes(pose);
  const points: (readonly [number, number, number] | null)[] = [];
  for (let row = 0; row <= ROWS; row += 1) {
    for (let column = 0; column <= COLUMNS; column += 1) {
      const direction = ray(pose, column / COLUMNS, row / ROWS, view);
      points.push(direction[2] > -0.02 ? null : rayGround([0, 0, 0], direction, frame, ground, REACH_M));
    }
  }
  const positions: number[] = [];
  const texCoords: number[] = [];
  const put = (index: number): void => {
    const point = points[index] ?? [0, 0, 0];
    positions.push(point[0], point[1], point[2] + LIFT_M);
    texCoords.push((index % (COLUMNS + 1)) / COLUMNS, Math.floor(index / (COLUMNS + 1)) / ROWS);
  };
  for (let row = 0; row < ROWS; row += 1) {
    for (let column = 0; column < COLUMNS; column += 1) {
      const a = row * (COLUMNS + 1) + column;
      const [b, c, d] = [a + 1, a + COLUMNS + 1, a + COLUMNS + 2];
      if ([a, b, c, d].some((index) => points[index] === null)) continue;
      [a, c, b, b, c, d].forEach(put);
    }
  }
  const normals = new Float32Array(positions.length);
  for (let i = 2; i < normals.length; i += 3) normals[i] = 1;
  return { positions: new Float32Array(positions), texCoords: new Float32Array(texCoords), normals };
}

/** The newest frame of one video on the graphics card, with its pose. */
export class LaidVideo {
  pose: CameraPose | null = null;
  texture: Texture | null = null;
  #mesh: { of: CameraPose; geometry: Geometry; empty: boolean } | null = null;

  constructor(readonly device: Device) {}

  /** Take a frame over; it may be closed afterwards. */
  put(frame: VideoFrame, pose: CameraPose): void {
    const [width, height] = [frame.displayWidth, frame.displayHeight];
    if (this.texture?.width !== width || this.texture.height !== height) {
      this.texture?.destroy();
      this.texture = this.device.createTexture({
        width,
        height,
        format: "rgba8unorm",
        usage: Texture.SAMPLE | Texture.COPY_DST | Texture.RENDER,
        sampler: { minFilter: "linear", magFilter: "linear", addressModeU: "clamp-to-edge", addressModeV: "clamp-to-edge" },
      });
    }
    this.texture.copyExternalImage({ image: frame });
    this.pose = pose;
  }

  stop(): void {
    this.texture?.destroy();
    this.texture = null;
    this.pose = null;
  }

  mesh(ground: GroundHeight): { geometry: Geometry; empty: boolean } | null {
    if (this.pose === null) return null;
    if (this.#mesh?.of !== this.pose) {
      const mesh = groundMesh(this.pose, new LocalFrame(this.pose.position), ground);
      const geometry = new Geometry({
        topology: "triangle-list",
        attributes: {
          positions: { value: mesh.positions, size: 3 },
          normals: { value: mesh.normals, size: 3 },
          texCoords: { value: mesh.texCoords, size: 2 },
        },
      });
      this.#mesh = { of: this.pose, geometry, empty: mesh.positions.length === 0 };
    }
    return this.#mesh;
  }
}

export function laidLayer(scene: Scene, laid: LaidVideo | null): Layer[] {
  if (laid === null || laid.texture === null || laid.pose === null) return [];
  const mesh = laid.mesh(scene.ground);
  if (mesh === null || mesh.empty) return [];
  const { lon_deg, lat_deg, alt_amsl_m } = laid.pose.position;
  return [
    new SimpleMeshLayer<number>({
      id: "laid-video",
      data: [0],
      mesh: mesh.geometry,
      texture: laid.texture,
      coordinateSystem: COORDINATE_SYSTEM.METER_OFFSETS,
      coordinateOrigin: [lon_deg, lat_deg, alt_amsl_m],
      getPosition: [0, 0, 0],
      getColor: [255, 255, 255, 255],
      material: false,
      parameters: { ...ON_TOP, cullMode: "none" },
    }),
  ];
}
