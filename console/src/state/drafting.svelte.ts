/** Missions: the list, the request being made, and what is done to them. */

import { api, ApiError, whenReady } from "../api";
import type { Mission, MissionAction, MissionKind, MissionRequest, VehicleKind } from "../doors";
import type { Drawn, Shape } from "../map/drawing";
import { reason } from "./words";
import { view } from "./view.svelte";

/** What the drawing tool offers. */
export interface Drawing {
  start(shape: Shape, changed: (drawn: Drawn) => void): void;
  clear(): void;
}

/** The kinds of missions that can be asked for here, and what each is drawn as. */
export const SHAPES = { survey: "Polygon", route: "LineString", dispatch: "Point" } as const satisfies Partial<
  Record<MissionKind, Shape>
>;

export type Step = "list" | "compose";

class Drafting {
  missions = $state.raw<Mission[]>([]);
  step = $state<Step>("list");
  kind = $state<keyof typeof SHAPES>("survey");
  altitude_m = $state(60);
  reference = $state<"agl" | "amsl">("agl");
  chosen = $state<string[]>([]);
  count = $state(1);
  vehicleKind = $state<VehicleKind | "any">("any");
  drawn = $state.raw<Drawn | null>(null);
  drawing = $state(false);
  working = $state(false);
  problem = $state<string | null>(null);
  /** The mission opened in the panel. */
  open = $state<string | null>(null);
  hasMap = $state(false);
  #tool: Drawing | null = null;

  /** The mission whose plans the map shows in full. */
  get shown(): Mission | null {
    return this.missions.find((mission) => mission.id === this.open) ?? null;
  }

  attach(tool: Drawing): void {
    this.#tool = tool;
    this.hasMap = true;
  }

  async refresh(): Promise<void> {
    try {
      this.missions = (await whenReady(api.missions)).sort((a, b) => (b.created_time ?? 0) - (a.created_time ?? 0));
    } catch (error) {
      if (!(error instanceof ApiError) || (error.status !== 401 && error.status !== 0)) {
        view.tell("warning", reason(error));
      }
    }
  }

  compose(): void {
    this.step = "compose";
    this.open = null;
    this.problem = null;
    this.drawn = null;
    this.#tool?.clear();
  }

  get shape(): Shape {
    return SHAPES[this.kind];
  }

  draw(): void {
    this.drawn = null;
    this.drawing = true;
    this.#tool?.start(this.shape, (drawn) => {
      this.drawn = drawn;
      this.drawing = false;
    });
  }

  stopDrawing(): void {
    this.drawing = false;
    this.drawn = null;
    this.#tool?.clear();
  }

  leave(): void {
    this.step = "list";
    this.drawing = false;
    this.drawn = null;
    this.problem = null;
    this.#tool?.clear();
  }

  request(geometry: Drawn): MissionRequest {
    const vehicles =
      this.chosen.length > 0
        ? [...this.chosen]
        : { count: this.count, ...(this.vehicleKind === "any" ? {} : { kind: this.vehicleKind }) };
    return {
      kind: this.kind,
      geometry,
      altitude: { value_m: this.altitude_m, reference: this.reference },
      vehicles,
    };
  }

  async plan(): Promise<void> {
    if (this.drawn === null || this.working) return;
    this.working = true;
    this.problem = null;
    try {
      const mission = await api.draft(this.request(this.drawn));
      this.#put(mission);
      this.leave();
      this.open = mission.id;
    } catch (error) {
      this.problem = reason(error);
    } finally {
      this.working = false;
    }
  }

  async act(id: string, action: MissionAction): Promise<void> {
    if (this.working) return;
    this.working = true;
    this.problem = null;
    try {
      this.#put(await api.mission(id, action));
    } catch (error) {
      this.problem = reason(error);
      if (error instanceof ApiError && error.problem.findings) this.#putFindings(id, error);
      void this.refresh();
    } finally {
      this.working = false;
    }
  }

  #put(mission: Mission): void {
    this.missions = [mission, ...this.missions.filter((other) => other.id !== mission.id)].sort(
      (a, b) => (b.created_time ?? 0) - (a.created_time ?? 0),
    );
  }

  #putFindings(id: string, error: ApiError): void {
    const findings = error.problem.findings ?? [];
    this.missions = this.missions.map((mission) => (mission.id === id ? { ...mission, findings } : mission));
  }
}

export const drafting = new Drafting();
