/** Missions: the list, the request being made, and what is done to them. */

import { api, ApiError, whenReady } from "../api";
import type { Finding, Mission, MissionAction, MissionKind, MissionRequest, Pattern, VehicleKind } from "../doors";
import type { Drawn, Shape } from "../map/drawing";
import { ASKED, given, PATTERNS, wrongFigure, type Figures } from "./asking";
import { reason } from "./words";
import { view } from "./view.svelte";

/** What the drawing tool offers. */
export interface Drawing {
  start(shape: Shape, changed: (drawn: Drawn) => void): void;
  clear(): void;
}

export type Step = "list" | "compose";

class Drafting {
  missions = $state.raw<Mission[]>([]);
  step = $state<Step>("list");
  kind = $state<MissionKind>("survey");
  /** What is drawn; one of the kind's shapes. */
  shape = $state<Shape>("Polygon");
  pattern = $state<Pattern>("creeping_line");
  figures = $state<Figures>({});
  altitude_m = $state(60);
  reference = $state<"agl" | "amsl">("agl");
  chosen = $state<string[]>([]);
  count = $state(1);
  vehicleKind = $state<VehicleKind | "any">("any");
  /** Whether work longer than a battery is flown in several flights. */
  batterySwaps = $state(false);
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

  /** Ask for another kind: begin its drawing anew. */
  choose(kind: MissionKind): void {
    this.kind = kind;
    this.chooseShape(ASKED[kind].shapes[0]);
  }

  chooseShape(shape: Shape): void {
    this.shape = shape;
    this.pattern = PATTERNS[shape][0] ?? this.pattern;
    this.stopDrawing();
  }

  get wrongFigure() {
    return wrongFigure(this.kind, this.figures);
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
      ...(this.kind === "search" ? { pattern: this.pattern } : {}),
      ...(this.batterySwaps ? { battery_swaps: true } : {}),
      ...given(this.kind, this.figures),
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

  /** A mission from a plan file, for the first chosen vehicle or whichever is free. */
  async take(file: File): Promise<void> {
    if (this.working) return;
    this.working = true;
    this.problem = null;
    try {
      const mission = await api.importPlan(file, this.chosen[0]);
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

  /** Let a mission be cleared in spite of a finding. */
  async override(id: string, finding: Finding, why: string): Promise<void> {
    if (this.working) return;
    this.working = true;
    this.problem = null;
    try {
      this.#put(await api.override(id, finding.rule, finding.vehicle_id, why));
    } catch (error) {
      this.problem = reason(error);
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
