/** Cameras, where they look, and the ground that airborne ones see. */

import type { Layer } from "@deck.gl/core";
import { LineLayer, PathLayer, ScatterplotLayer, SolidPolygonLayer } from "@deck.gl/layers";
import type { Position } from "geojson";
import type { CameraRow, Entity } from "../../doors";
import { cornerRays, type View } from "../../geometry/camera";
import { rayGround } from "../../geometry/ground";
import { flag, number, text } from "../../state/properties";
import { asHealth, type Health } from "../kinds";
import { HEALTH, vehicleColour, type Rgb } from "../palette";
import { ON_TOP, pointOf, rgba, SEE_THROUGH, strength, type Point3, type Scene } from "./scene";

export interface Camera {
  /** Entity id, "camera/cam-001". */
  id: string;
  at: Point3;
  foot: Point3;
  view: View | null;
  health: Health;
  airborne: boolean;
  colour: Rgb;
  strength: number;
}

const SHORT_M = 16;
const LONG_M = 320;
const FIXED_LONG_M = 110;

function viewOf(entity: Entity): View | null {
  const azimuth_deg = number(entity, "azimuth_deg");
  const tilt_deg = number(entity, "tilt_deg");
  const hfov_deg = number(entity, "hfov_deg");
  const vfov_deg = number(entity, "vfov_deg");
  if (azimuth_deg === undefined || tilt_deg === undefined || hfov_deg === undefined || vfov_deg === undefined) {
    return null;
  }
  return { azimuth_deg, tilt_deg, hfov_deg, vfov_deg, roll_deg: number(entity, "roll_deg") ?? 0 };
}

function fromPicture(scene: Scene, entity: Entity): Camera | null {
  const at = pointOf(entity);
  if (at === null) return null;
  const vehicle = text(entity, "vehicle_id");
  const health = flag(entity, "video") === false ? "none" : asHealth(text(entity, "health"));
  return {
    id: entity.id,
    at,
    foot: [at[0], at[1], scene.ground(at[0], at[1]) ?? at[2]],
    view: viewOf(entity),
    health,
    airborne: vehicle !== undefined,
    colour: vehicle === undefined ? HEALTH[health] : vehicleColour(`vehicle/${vehicle}`, scene.vehicleIds),
    strength: strength(scene, entity),
  };
}

/** Cameras of the inventory that the picture does not know. */
function fromInventory(scene: Scene): Camera[] {
  return (scene.cameras?.features ?? []).flatMap((feature): Camera[] => {
    if (feature.geometry.type !== "Point") return [];
    const row = feature.properties as unknown as CameraRow;
    const id = `camera/${row.id}`;
    if (scene.entities.has(id)) return [];
    const [lon = 0, lat = 0] = feature.geometry.coordinates;
    const ground = scene.ground(lon, lat) ?? 0;
    return [
      {
        id,
        at: [lon, lat, ground + row.height_m],
        foot: [lon, lat, ground],
        view: { ...row, roll_deg: 0 },
        health: "none",
        airborne: false,
        colour: HEALTH.none,
        strength: 0.8,
      },
    ];
  });
}

export function allCameras(scene: Scene): Camera[] {
  const known = [...scene.entities.values()].flatMap((entity): Camera[] => {
    const camera = entity.kind === "camera" ? fromPicture(scene, entity) : null;
    return camera === null ? [] : [camera];
  });
  return [...known, ...fromInventory(scene)];
}

/** The far corners of a view: on the ground where the rays meet it within reach, else in the air. */
function corners(scene: Scene, camera: Camera, view: View, reach_m: number): Point3[] {
  const origin = scene.frame.enu({ lon_deg: camera.at[0], lat_deg: camera.at[1], alt_amsl_m: camera.at[2] });
  return cornerRays(view).map((direction): Point3 => {
    const hit = reach_m > SHORT_M ? rayGround(origin, direction, scene.frame, scene.ground, reach_m) : null;
    const end = hit ?? [
      origin[0] + direction[0] * reach_m,
      origin[1] + direction[1] * reach_m,
      origin[2] + direction[2] * reach_m,
    ];
    const at = scene.frame.geodetic([end[0], end[1], end[2]]);
    return [at.lon_deg, at.lat_deg, at.alt_amsl_m + (hit ? 0.5 : 0)];
  });
}

interface Edge {
  from: Point3;
  to: Point3;
  colour: Rgb;
  alpha: number;
}

function edges(scene: Scene, camera: Camera): Edge[] {
  if (camera.view === null) return [];
  const chosen = camera.id === scene.selected;
  const far = corners(scene, camera, camera.view, camera.airborne ? LONG_M : chosen ? FIXED_LONG_M : SHORT_M);
  const alpha = (chosen ? 0.95 : camera.airborne ? 0.6 : 0.4) * camera.strength;
  return far.flatMap((corner, i): Edge[] => {
    const next = far[(i + 1) % far.length] ?? corner;
    return [
      { from: camera.at, to: corner, colour: camera.colour, alpha },
      { from: corner, to: next, colour: camera.colour, alpha },
    ];
  });
}

interface Footprint {
  id: string;
  ring: Point3[];
  colour: Rgb;
  strength: number;
}

function footprints(scene: Scene): Footprint[] {
  const found: Footprint[] = [];
  for (const entity of scene.entities.values()) {
    if (entity.kind !== "footprint" || entity.geometry === undefined) continue;
    const vehicle = text(entity, "vehicle_id");
    const colour: Rgb =
      vehicle === undefined ? [120, 200, 220] : vehicleColour(`vehicle/${vehicle}`, scene.vehicleIds);
    for (const ring of outerRings(entity)) {
      const points = ring.map(([lon = 0, lat = 0]): Point3 => [lon, lat, (scene.ground(lon, lat) ?? 0) + 0.6]);
      found.push({ id: entity.id, ring: points, colour, strength: strength(scene, entity) });
    }
  }
  return found;
}

function outerRings(entity: Entity): Position[][] {
  const geometry = entity.geometry;
  if (geometry?.type === "Polygon") return geometry.coordinates.slice(0, 1);
  if (geometry?.type === "MultiPolygon") return geometry.coordinates.flatMap((polygon) => polygon.slice(0, 1));
  return [];
}

export function sensorLayers(scene: Scene): Layer[] {
  const cameras = scene.shown.cameras || scene.shown.frustums ? allCameras(scene) : [];
  const fixed = cameras.filter((camera) => !camera.airborne);
  const prints = scene.shown.footprints ? footprints(scene) : [];
  return [
    new SolidPolygonLayer<Footprint>({
      id: "footprints",
      data: prints,
      getPolygon: (d) => d.ring,
      getFillColor: (d) => rgba(d.colour, 0.14 * d.strength),
      parameters: ON_TOP,
    }),
    new PathLayer<Footprint>({
      id: "footprint-outlines",
      data: prints,
      getPath: (d) => d.ring,
      getColor: (d) => rgba(d.colour, 0.8 * d.strength),
      widthUnits: "pixels",
      getWidth: 1.4,
      parameters: ON_TOP,
    }),
    new LineLayer<Edge>({
      id: "frustums",
      data: scene.shown.frustums ? cameras.flatMap((camera) => edges(scene, camera)) : [],
      getSourcePosition: (d) => d.from,
      getTargetPosition: (d) => d.to,
      getColor: (d) => rgba(d.colour, d.alpha),
      widthUnits: "pixels",
      getWidth: 1.1,
      parameters: SEE_THROUGH,
    }),
    new LineLayer<Camera>({
      id: "camera-poles",
      data: scene.shown.cameras ? fixed : [],
      getSourcePosition: (d) => d.at,
      getTargetPosition: (d) => d.foot,
      getColor: (d) => rgba(d.colour, 0.5 * d.strength),
      widthUnits: "pixels",
      getWidth: 1,
      parameters: SEE_THROUGH,
    }),
    new ScatterplotLayer<Camera>({
      id: "cameras",
      data: scene.shown.cameras ? fixed : [],
      getPosition: (d) => d.at,
      billboard: true,
      radiusUnits: "pixels",
      getRadius: (d) => (d.id === scene.selected ? 7 : d.health === "none" ? 3 : 4.5),
      stroked: true,
      getFillColor: (d) => rgba(d.health === "none" ? [28, 38, 48] : d.colour, d.strength),
      getLineColor: (d) => rgba(d.health === "none" ? d.colour : [8, 13, 19], d.strength),
      lineWidthUnits: "pixels",
      getLineWidth: 1.4,
      pickable: true,
      parameters: ON_TOP,
    }),
  ];
}
