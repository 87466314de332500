/** The live picture as the panels and the map see it: a version to follow, and the entities behind it. */

import { socketAddress } from "../api";
import type { Entity, EntityKind, PictureMessage } from "../doors";
import { PictureClient, type Connection } from "../picture/client";
import { Picture, ServiceClock } from "../picture/reducer";
import { happening, type Happening } from "../picture/happenings";
import { Trails } from "../picture/trails";
import { session } from "./session.svelte";

/** What is drawn from the picture; zones and sites come with the district. */
const KINDS = ["vehicle", "camera", "footprint", "track", "mission"] as const satisfies readonly EntityKind[];
const RATE_HZ = 5;

class Live {
  readonly picture = new Picture();
  readonly trails = new Trails();
  readonly #clock = new ServiceClock();
  #client: PictureClient | null = null;
  #tick: ReturnType<typeof setInterval> | undefined;

  /** Hears of what people should be told. */
  happened: ((it: Happening) => void) | null = null;

  /** Grows with every change of the picture. */
  version = $state(0);
  connection = $state<Connection>("connecting");
  /** The service's time now, twice a second. */
  now = $state(0);
  /** When the service was last heard. */
  heard = $state(0);
  lag_ms = $state<number | null>(null);
  degraded = $state(false);

  start(): void {
    const events = {
      message: (message: PictureMessage) => {
        if (message.type === "delta") message.changed.forEach((entity) => this.#tellOf(entity));
        const change = this.picture.apply(message);
        if ("time" in message) {
          this.#clock.note(message.time, performance.now());
          this.heard = message.time;
        }
        if (message.type === "status") {
          this.lag_ms = message.lag_ms ?? null;
          this.degraded = message.degraded ?? false;
          return;
        }
        for (const id of change.changed) {
          const entity = this.picture.entities.get(id);
          if (entity) this.trails.note(entity);
        }
        for (const id of change.removed) this.trails.forget(id);
        this.version += 1;
      },
      connection: (state: Connection) => {
        this.connection = state;
      },
      refused: () => void session.verify(),
    };
    const wanted = { rate_hz: RATE_HZ, layers: [...KINDS] };
    this.#client = new PictureClient(socketAddress("picture"), this.picture, events, wanted);
    this.#client.start();
    this.#tick = setInterval(() => (this.now = this.exactNow()), 500);
  }

  /** To be called before the picture takes the entity in. */
  #tellOf(entity: Entity): void {
    const before = this.picture.entities.get(entity.id);
    const it = before === undefined ? null : happening(before, entity);
    if (it !== null) this.happened?.(it);
  }

  stop(): void {
    clearInterval(this.#tick);
    this.#client?.stop();
    this.#client = null;
  }

  retry(): void {
    this.#client?.retryNow();
  }

  /** The service's time at this very moment. */
  exactNow(): number {
    return this.#clock.now(performance.now());
  }

  /** All entities of a kind, by id; follows `version`. */
  of(kind: EntityKind): Entity[] {
    void this.version;
    const found = [...this.picture.entities.values()].filter((entity) => entity.kind === kind);
    return found.sort((a, b) => a.id.localeCompare(b.id));
  }

  get(id: string): Entity | undefined {
    void this.version;
    return this.picture.entities.get(id);
  }
}

export const live = new Live();

/** The part of an entity's id after its kind: "vehicle/uav-1" is "uav-1". */
export function shortId(id: string): string {
  return id.slice(id.indexOf("/") + 1);
}
