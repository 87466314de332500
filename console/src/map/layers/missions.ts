/** Paths of missions: those in the picture, and the draft that is being looked at. */

import type { Layer } from "@deck.gl/core";
import { PathLayer, ScatterplotLayer } from "@deck.gl/layers";
import type { Geometry, Position } from "geojson";
import type { Flight } from "../../doors";
import { text } from "../../state/properties";
import { vehicleColour, type Rgb } from "../palette";
import { rgba, SEE_THROUGH, ON_TOP, type Point3, type Scene } from "./scene";

interface Path {
  id: string;
  points: Point3[];
  colour: Rgb;
  alpha: number;
  width: number;
}

const ENDED = new Set(["done", "aborted", "failed"]);
const NEUTRAL: Rgb = [190, 205, 220];

function lines(geometry: Geometry | undefined): Position[][] {
  switch (geometry?.type) {
    case "LineString":
      return [geometry.coordinates];
    case "MultiLineString":
      return geometry.coordinates;
    case "GeometryCollection":
      return geometry.geometries.flatMap((part) => lines(part));
    default:
      return [];
  }
}

function lifted(scene: Scene, line: Position[]): Point3[] {
  return line.map(([lon = 0, lat = 0, alt]) => [lon, lat, alt ?? (scene.ground(lon, lat) ?? 0) + 2]);
}

function vehicleEntityId(vehicle: string): string {
  return vehicle.startsWith("vehicle/") ? vehicle : `vehicle/${vehicle}`;
}

function livePaths(scene: Scene): Path[] {
  const paths: Path[] = [];
  for (const entity of scene.entities.values()) {
    if (entity.kind !== "mission" || ENDED.has(text(entity, "state") ?? "")) continue;
    if (scene.draft !== null && entity.id === `mission/${scene.draft.id}`) continue;
    const flights = entity.properties?.["flights"];
    lines(entity.geometry).forEach((line, i) => {
      const flight: unknown = Array.isArray(flights) ? flights[i] : undefined;
      const vehicle = (flight as Flight | undefined)?.vehicle_id;
      const colour = vehicle ? vehicleColour(vehicleEntityId(vehicle), scene.vehicleIds) : NEUTRAL;
      paths.push({ id: entity.id, points: lifted(scene, line), colour, alpha: 0.5, width: 1.6 });
    });
  }
  return paths;
}

function draftPaths(scene: Scene): Path[] {
  return (scene.draft?.plans ?? []).flatMap((plan): Path[] => {
    if (plan.path_geojson === undefined) return [];
    const colour = plan.vehicle_id ? vehicleColour(vehicleEntityId(plan.vehicle_id), scene.vehicleIds) : NEUTRAL;
    const points = lifted(scene, plan.path_geojson.coordinates);
    return [{ id: `draft/${plan.vehicle_id}`, points, colour, alpha: 0.95, width: 2.6 }];
  });
}

/** What the shown mission was asked for: its area, line or place, on the ground. */
function wanted(scene: Scene): Point3[][] {
  const geometry = scene.draft?.request?.geometry;
  const rings =
    geometry?.type === "Polygon" ? geometry.coordinates : geometry?.type === "LineString" ? [geometry.coordinates] : [];
  return rings.map((ring) => ring.map(([lon = 0, lat = 0]): Point3 => [lon, lat, (scene.ground(lon, lat) ?? 0) + 1]));
}

export function missionLayers(scene: Scene): Layer[] {
  const paths = [...(scene.shown.missions ? livePaths(scene) : []), ...draftPaths(scene)];
  const findings = (scene.draft?.findings ?? []).flatMap((finding) =>
    finding.position === undefined ? [] : [{ position: finding.position, blocking: finding.severity === "blocking" }],
  );
  return [
    new PathLayer<Point3[]>({
      id: "mission-areas",
      data: wanted(scene),
      getPath: (d) => d,
      getColor: [223, 232, 240, 150],
      widthUnits: "pixels",
      getWidth: 1.4,
      parameters: ON_TOP,
    }),
    new PathLayer<Path>({
      id: "mission-paths",
      data: paths,
      getPath: (d) => d.points,
      getColor: (d) => rgba(d.colour, d.alpha),
      widthUnits: "pixels",
      getWidth: (d) => d.width,
      jointRounded: true,
      capRounded: true,
      parameters: SEE_THROUGH,
    }),
    new ScatterplotLayer<(typeof findings)[number]>({
      id: "finding-places",
      data: findings,
      getPosition: (d) => [d.position.lon_deg, d.position.lat_deg, d.position.alt_amsl_m],
      billboard: true,
      radiusUnits: "pixels",
      getRadius: 8,
      stroked: true,
      filled: false,
      getLineColor: (d) => (d.blocking ? [255, 92, 92, 255] : [240, 190, 80, 255]),
      lineWidthUnits: "pixels",
      getLineWidth: 2.5,
      parameters: ON_TOP,
    }),
  ];
}
