/** What each kind of mission asks of the person who draws it: a shape, and figures that may be left to the service. */

import type { MissionKind, MissionRequest, Pattern } from "../doors";
import type { Shape } from "../map/drawing";

/** Figures of a request that a person may give; left empty, the service's default holds. */
export type FigureName = keyof Pick<
  MissionRequest,
  | "direction_deg"
  | "width_m"
  | "radius_m"
  | "turns"
  | "offset_m"
  | "spacing_m"
  | "stay_s"
  | "standoff_m"
  | "target_speed_mps"
  | "revisit_s"
  | "persist_s"
>;

export interface Figure {
  readonly name: FigureName;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  /** What holds when it is left empty; unset where the planner chooses. */
  readonly usual?: number;
}

export interface Asked {
  readonly shapes: readonly [Shape, ...Shape[]];
  readonly figures: readonly Figure[];
}

const direction: Figure = { name: "direction_deg", min: 0, max: 360, step: 5 };
const stay: Figure = { name: "stay_s", min: 0, max: 7_200, step: 30, usual: 60 };
const persist: Figure = { name: "persist_s", min: 60, max: 86_400, step: 600 };
const spacing: Figure = { name: "spacing_m", min: 2, max: 5_000, step: 5 };
const radius = (usual: number): Figure => ({ name: "radius_m", min: 5, max: 5_000, step: 10, usual });
const standoff = (usual: number): Figure => ({ name: "standoff_m", min: 0, max: 2_000, step: 10, usual });

/** In the order in which they are offered. */
export const ASKED: Readonly<Record<MissionKind, Asked>> = {
  survey: { shapes: ["Polygon"], figures: [direction, persist] },
  route: { shapes: ["LineString", "Point"], figures: [persist] },
  corridor: { shapes: ["LineString"], figures: [{ name: "width_m", min: 1, max: 5_000, step: 10 }, persist] },
  perimeter: {
    shapes: ["Polygon"],
    figures: [{ name: "offset_m", min: -1_000, max: 1_000, step: 10, usual: 0 }, persist],
  },
  orbit: {
    shapes: ["Point", "Polygon"],
    figures: [radius(60), { name: "turns", min: 0.25, max: 50, step: 0.25, usual: 1 }, persist],
  },
  search: { shapes: ["Polygon", "Point"], figures: [radius(300), spacing, direction] },
  dispatch: { shapes: ["Point"], figures: [stay, standoff(0)] },
  gap: { shapes: ["Polygon"], figures: [{ name: "revisit_s", min: 30, max: 86_400, step: 30 }] },
  follow: {
    shapes: ["LineString", "Point"],
    figures: [standoff(60), { name: "target_speed_mps", min: 0, max: 40, step: 1 }, stay],
  },
};

export const KINDS = Object.keys(ASKED) as MissionKind[];

/** The patterns of a search over what was drawn; the first is the service's default. */
export const PATTERNS: Readonly<Record<Shape, readonly Pattern[]>> = {
  Polygon: ["creeping_line", "expanding_square", "sector"],
  Point: ["expanding_square", "sector"],
  LineString: [],
};

export type Figures = Partial<Record<FigureName, number | null>>;

/** The figures that belong to a kind and were given; those out of their range stay with the form. */
export function given(kind: MissionKind, figures: Figures): Partial<Pick<MissionRequest, FigureName>> {
  const out: Partial<Record<FigureName, number>> = {};
  for (const { name } of ASKED[kind].figures) {
    const value = figures[name];
    if (typeof value === "number" && Number.isFinite(value)) out[name] = value;
  }
  return out;
}

/** The first figure of a kind that is out of its range. */
export function wrongFigure(kind: MissionKind, figures: Figures): Figure | null {
  const wrong = ASKED[kind].figures.find(({ name, min, max }) => {
    const value = figures[name];
    return typeof value === "number" && !(value >= min && value <= max);
  });
  return wrong ?? null;
}
