/** What is shown and chosen on this screen. */

import type { Device } from "@luma.gl/core";
import type { District, Layer } from "../doors";
import type { GroundHeight } from "../geometry/ground";
import type { LaidVideo } from "../map/layers/laid";
import { live, shortId } from "./live.svelte";
import { flag } from "./properties";
import { LIVE_LAYERS, STATIC_LAYERS, type LayerSwitch } from "../map/kinds";

export type Tab = "fleet" | "missions" | "sensors" | "layers";

const HIDDEN_AT_FIRST: readonly LayerSwitch[] = ["coverage", "cells"];

export interface Notice {
  id: number;
  level: "info" | "warning" | "critical";
  text: string;
}

class View {
  tab = $state<Tab>("fleet");
  selected = $state<string | null>(null);
  follow = $state(false);
  /** The sensor whose video plays, by its own name ("cam-001"). */
  video = $state<string | null>(null);
  /** The video that lies on the ground; `laidFrame` grows with its frames. */
  laid: LaidVideo | null = null;
  /** The graphics card as deck.gl holds it; null without a map. */
  device: Device | null = null;
  laidFrame = $state(0);
  /** Videos that no longer lie on the ground; their textures go once the map has drawn without them. */
  readonly retired: LaidVideo[] = [];
  shown = $state<Record<LayerSwitch, boolean>>(
    Object.fromEntries([...STATIC_LAYERS, ...LIVE_LAYERS].map((name) => [name, !HIDDEN_AT_FIRST.includes(name)])) as Record<
      LayerSwitch,
      boolean
    >,
  );
  district = $state.raw<District | null>(null);
  cameras = $state.raw<Layer | null>(null);
  /** Not reactive: asked at every frame. */
  ground: GroundHeight = () => undefined;
  notices = $state<Notice[]>([]);
  /** Where the map should go next. */
  goal = $state.raw<{ lon_deg: number; lat_deg: number; zoom?: number } | null>(null);

  #noticeId = 0;

  tell(level: Notice["level"], text: string): void {
    const id = (this.#noticeId += 1);
    this.notices = [...this.notices.slice(-4), { id, level, text }];
    const seconds = level === "info" ? 4 : 12;
    setTimeout(() => this.dismiss(id), seconds * 1_000);
  }

  dismiss(id: number): void {
    this.notices = this.notices.filter((notice) => notice.id !== id);
  }

  /** Something on the map was clicked: a camera plays its video. */
  pick(id: string | null): void {
    this.select(id);
    const entity = id === null ? undefined : live.get(id);
    if (entity?.kind === "camera" && flag(entity, "video")) this.video = shortId(entity.id);
  }

  select(id: string | null): void {
    this.selected = id;
    if (id === null) this.follow = false;
  }
}

export const view = new View();
