/** Aircraft with attitude, the line down to the ground, and where they have been. */

import type { Layer } from "@deck.gl/core";
import { LineLayer, PathLayer, ScatterplotLayer, TextLayer } from "@deck.gl/layers";
import { SimpleMeshLayer } from "@deck.gl/mesh-layers";
import type { Entity } from "../../doors";
import { enuFromMesh } from "../../geometry/attitude";
import { age } from "../../i18n/format";
import { shortId } from "../../state/live.svelte";
import { text } from "../../state/properties";
import { vehicleColour, type Rgb } from "../palette";
import { fixedWing, rotorcraft } from "./meshes";
import { groundBelow, ON_TOP, pointOf, rgba, SEE_THROUGH, strength, type Point3, type Rgba, type Scene } from "./scene";

interface Drawn {
  id: string;
  entity: Entity;
  at: Point3;
  ground: Point3 | null;
  colour: Rgb;
  strength: number;
  selected: boolean;
  /** How far below it (negative: above) its label is. */
  label_px: number;
}

const LEVEL = { roll_deg: 0, pitch_deg: 0, yaw_deg: 0 };
const SHOWN_PX = 40;
const LEAST_M = 1.2;
const LABEL_GAP_PX = 30;
const LABEL_PX = 23;
const LABEL_WIDE_PX = 118;
/** Height of a mesh's middle over what it stands on, in its own size. */
const LEGS = 0.06;

export const MAP_FONT = '"IBM Plex Sans", "Noto Sans SC", sans-serif';

function drawnVehicles(scene: Scene): Drawn[] {
  return scene.vehicles.flatMap((entity): Drawn[] => {
    const at = pointOf(entity);
    if (at === null) return [];
    const ground = groundBelow(scene, entity);
    return [
      {
        id: entity.id,
        entity,
        at,
        ground: ground === undefined ? null : [at[0], at[1], ground],
        colour: vehicleColour(entity.id, scene.vehicleIds),
        strength: strength(scene, entity),
        selected: entity.id === scene.selected,
        label_px: -LABEL_GAP_PX,
      },
    ];
  });
}

/** Labels go up until they cover none that is already placed; the lowest on the screen are placed first. */
function stacked(drawn: Drawn[], project: Scene["project"]): Drawn[] {
  const placed: [x: number, y: number][] = [];
  const spots = drawn.map((vehicle) => ({ vehicle, at: project(vehicle.at) })).sort((a, b) => b.at[1] - a.at[1]);
  for (const { vehicle, at } of spots) {
    let y = at[1] - LABEL_GAP_PX;
    const covers = () => placed.find(([px, py]) => Math.abs(px - at[0]) < LABEL_WIDE_PX && Math.abs(py - y) < LABEL_PX);
    for (let other = covers(); other !== undefined; other = covers()) y = other[1] - LABEL_PX;
    placed.push([at[0], y]);
    vehicle.label_px = y - at[1];
  }
  return drawn;
}

function label(drawn: Drawn, now: number): string {
  const agl = drawn.ground === null ? "" : ` ${Math.max(drawn.at[2] - drawn.ground[2], 0).toFixed(0)} m`;
  const old = now - drawn.entity.time;
  return `${shortId(drawn.id)}${agl}${drawn.strength < 1 ? ` · ${age(old)}` : ""}`;
}

/** From nothing at the oldest point to strong at the newest. */
function fading(colour: Rgb, points: number): Rgba[] {
  return Array.from({ length: points }, (_, i) => rgba(colour, 0.7 * ((i + 1) / points) ** 1.3));
}

/** The aircraft of one kind: faintly through whatever hides them, and solid where nothing does. */
function bodies(scene: Scene, drawn: Drawn[], kind: "rotorcraft" | "fixed_wing"): Layer[] {
  const isWing = (d: Drawn) => text(d.entity, "kind", "vehicle_kind") === "fixed_wing";
  const size = Math.max(SHOWN_PX * scene.metresPerPixel, LEAST_M);
  const both = {
    data: drawn.filter((d) => isWing(d) === (kind === "fixed_wing")),
    mesh: kind === "fixed_wing" ? fixedWing : rotorcraft,
    sizeScale: size,
    getPosition: (d: Drawn): Point3 => [d.at[0], d.at[1], d.at[2] + LEGS * size],
    getTransformMatrix: (d: Drawn) => enuFromMesh(d.entity.attitude ?? LEVEL),
    updateTriggers: { getPosition: size },
  };
  return [
    new SimpleMeshLayer<Drawn>({
      ...both,
      id: `vehicles-${kind}-hidden`,
      getColor: (d) => rgba(d.colour, 0.3 * d.strength),
      material: false,
      parameters: { ...ON_TOP, cullMode: "none" },
    }),
    new SimpleMeshLayer<Drawn>({
      ...both,
      id: `vehicles-${kind}`,
      getColor: (d) => rgba(d.colour, d.strength),
      material: { ambient: 0.62, diffuse: 0.5, shininess: 24, specularColor: [90, 100, 110] },
      pickable: true,
      parameters: { cullMode: "none" },
    }),
  ];
}

export function vehicleLayers(scene: Scene): Layer[] {
  const drawn = stacked(drawnVehicles(scene), scene.project);
  const grounded = drawn.filter((d): d is Drawn & { ground: Point3 } => d.ground !== null);
  return [
    new PathLayer<[string, Point3[]]>({
      id: "trails",
      visible: scene.shown.trails,
      data: [...scene.trails].filter(([id, points]) => points.length > 1 && scene.entities.has(id)),
      getPath: ([, points]) => points,
      getColor: ([id, points]) => fading(vehicleColour(id, scene.vehicleIds), points.length),
      widthUnits: "pixels",
      getWidth: 1.8,
      capRounded: true,
      jointRounded: true,
      parameters: SEE_THROUGH,
    }),
    new LineLayer<Drawn & { ground: Point3 }>({
      id: "altitude-lines",
      visible: scene.shown.vehicles,
      data: grounded,
      getSourcePosition: (d) => d.at,
      getTargetPosition: (d) => d.ground,
      getColor: (d) => rgba(d.colour, 0.75 * d.strength),
      widthUnits: "pixels",
      getWidth: 1.25,
      parameters: SEE_THROUGH,
    }),
    new ScatterplotLayer<Drawn & { ground: Point3 }>({
      id: "vehicle-feet",
      visible: scene.shown.vehicles,
      data: grounded,
      getPosition: (d) => [d.ground[0], d.ground[1], d.ground[2] + 0.5],
      radiusUnits: "pixels",
      getRadius: 4,
      stroked: true,
      filled: true,
      getFillColor: (d) => rgba(d.colour, 0.3 * d.strength),
      getLineColor: (d) => rgba(d.colour, 0.8 * d.strength),
      lineWidthUnits: "pixels",
      getLineWidth: 1.25,
      parameters: ON_TOP,
    }),
    ...(scene.shown.vehicles ? [...bodies(scene, drawn, "rotorcraft"), ...bodies(scene, drawn, "fixed_wing")] : []),
    new ScatterplotLayer<Drawn>({
      id: "vehicle-rings",
      visible: scene.shown.vehicles,
      data: drawn.filter((d) => d.selected),
      getPosition: (d) => d.at,
      billboard: true,
      radiusUnits: "pixels",
      getRadius: 25,
      stroked: true,
      filled: false,
      getLineColor: (d) => rgba(d.colour, 0.9),
      lineWidthUnits: "pixels",
      getLineWidth: 1.5,
      parameters: ON_TOP,
    }),
    new TextLayer<Drawn>({
      id: "vehicle-names",
      visible: scene.shown.vehicles,
      data: drawn,
      getPosition: (d) => d.at,
      getText: (d) => label(d, scene.now),
      getSize: 12.5,
      getPixelOffset: (d) => [0, d.label_px],
      getColor: (d) => rgba([240, 246, 252], Math.max(d.strength, 0.6)),
      background: true,
      getBackgroundColor: (d) => (d.selected ? [20, 44, 66, 235] : [10, 17, 25, 205]),
      getBorderColor: (d) => rgba(d.colour, d.strength),
      getBorderWidth: 1,
      backgroundPadding: [6, 3],
      backgroundBorderRadius: 3,
      fontFamily: MAP_FONT,
      fontWeight: 500,
      characterSet: "auto",
      fontSettings: { fontSize: 48, buffer: 6 },
      pickable: true,
      parameters: ON_TOP,
    }),
  ];
}
