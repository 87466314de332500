/** Tracks: where something moves, how sure that is, and where it goes. */

import type { Layer } from "@deck.gl/core";
import { LineLayer, PathLayer, ScatterplotLayer } from "@deck.gl/layers";
import type { Entity } from "../../doors";
import { ellipse } from "../../geometry/camera";
import { text } from "../../state/properties";
import { TARGETS, type Rgb } from "../palette";
import { displaced, ON_TOP, pointOf, rgba, strength, type Point3, type Scene } from "./scene";

interface Drawn {
  id: string;
  entity: Entity;
  at: Point3;
  colour: Rgb;
  strength: number;
  radius: number;
}

/** 95 % of a two-dimensional Gaussian lies within this many standard deviations. */
export const SIGMAS_95 = 2.4477;
const DASH = 4;
const LOOK_AHEAD_S = 3;
const ABOVE_GROUND_M = 0.8;
const GREY: Rgb = [200, 208, 218];

function drawnTracks(scene: Scene): Drawn[] {
  const drawn: Drawn[] = [];
  for (const entity of scene.entities.values()) {
    const at = entity.kind === "track" ? pointOf(entity) : null;
    if (at === null) continue;
    const status = text(entity, "status");
    if (status === "dropped") continue;
    const sure = status === "tentative" ? 0.45 : status === "coasting" ? 0.6 : 1;
    const kind = text(entity, "kind", "target_kind") ?? "other";
    drawn.push({
      id: entity.id,
      entity,
      at: [at[0], at[1], at[2] + ABOVE_GROUND_M],
      colour: TARGETS[kind] ?? GREY,
      strength: sure * strength(scene, entity),
      radius: entity.id === scene.selected ? 6.5 : 4,
    });
  }
  return drawn;
}

function around(drawn: Drawn): Point3[] {
  return ellipse(drawn.entity.covariance_enu_m2 ?? [], SIGMAS_95, 28).map(([e, n]) => displaced(drawn.at, e, n));
}

interface Ring {
  id: string;
  path: Point3[];
  colour: Rgb;
  strength: number;
}

/** The whole ellipse; of a coasting track, which nobody sees now, dashes of it. */
function pieces(drawn: Drawn): Ring[] {
  const path = around(drawn);
  const of = (part: Point3[]): Ring => ({ id: drawn.id, path: part, colour: drawn.colour, strength: drawn.strength });
  if (text(drawn.entity, "status") !== "coasting") return [of(path)];
  return Array.from({ length: Math.floor(path.length / DASH) }, (_, i) => of(path.slice(i * DASH, i * DASH + DASH - 1)));
}

function ahead(drawn: Drawn): Point3 {
  const [e, n] = drawn.entity.velocity_enu_mps ?? [0, 0, 0];
  return displaced(drawn.at, e * LOOK_AHEAD_S, n * LOOK_AHEAD_S);
}

export function trackLayers(scene: Scene): Layer[] {
  if (!scene.shown.tracks) return [];
  const drawn = drawnTracks(scene);
  const rings = drawn.filter((d) => d.entity.covariance_enu_m2 !== undefined);
  return [
    new PathLayer<Ring>({
      id: "track-errors",
      data: rings.flatMap((d) => pieces(d)),
      getPath: (d) => d.path,
      getColor: (d) => rgba(d.colour, 0.55 * d.strength),
      widthUnits: "pixels",
      getWidth: 1.2,
      parameters: ON_TOP,
    }),
    new LineLayer<Drawn>({
      id: "track-velocities",
      data: drawn.filter((d) => d.entity.velocity_enu_mps !== undefined),
      getSourcePosition: (d) => d.at,
      getTargetPosition: ahead,
      getColor: (d) => rgba(d.colour, 0.85 * d.strength),
      widthUnits: "pixels",
      getWidth: 2,
      parameters: ON_TOP,
    }),
    new ScatterplotLayer<Drawn>({
      id: "tracks",
      data: drawn,
      getPosition: (d) => d.at,
      radiusUnits: "pixels",
      getRadius: (d) => d.radius,
      stroked: true,
      getFillColor: (d) => rgba(d.colour, d.strength),
      getLineColor: (d) => rgba([8, 13, 19], d.strength),
      lineWidthUnits: "pixels",
      getLineWidth: 1.4,
      billboard: true,
      pickable: true,
      parameters: ON_TOP,
    }),
  ];
}
