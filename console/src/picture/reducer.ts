/** The picture as this client holds it, brought forward by the messages of the stream. Knows no sockets. */

import type { Delta, Entity, Epoch, PictureMessage, Snapshot, Status } from "../doors";

export interface Change {
  /** Ids that are new or newer, and ids that are gone. */
  changed: string[];
  removed: string[];
  /** Everything was replaced. */
  whole: boolean;
}

const NOTHING: Change = { changed: [], removed: [], whole: false };

export class Picture {
  readonly entities = new Map<string, Entity>();
  epoch: Epoch | null = null;
  seq = -1;
  /** The service's time of the newest message. */
  time = 0;
  status: Status | null = null;
  /** How often everything had to be sent anew. */
  snapshots = 0;
  deltas = 0;

  /** Apply one message; says what it changed. A delta that is not newer than the picture changes nothing. */
  apply(message: PictureMessage): Change {
    switch (message.type) {
      case "snapshot":
        return this.#snapshot(message);
      case "delta":
        return this.#delta(message);
      case "status":
        this.status = message;
        this.time = Math.max(this.time, message.time);
        return NOTHING;
      default:
        return NOTHING;
    }
  }

  /** What to send to get only what was missed; undefined before the first snapshot. */
  resume(): { epoch: Epoch; seq: number } | undefined {
    return this.epoch === null ? undefined : { epoch: this.epoch, seq: this.seq };
  }

  #snapshot(message: Snapshot): Change {
    const kept = new Set(message.entities.map((entity) => entity.id));
    const removed = [...this.entities.keys()].filter((id) => !kept.has(id));
    this.entities.clear();
    for (const entity of message.entities) this.entities.set(entity.id, entity);
    this.epoch = message.epoch;
    this.seq = message.seq;
    this.time = message.time;
    this.snapshots += 1;
    return { changed: [...kept], removed, whole: true };
  }

  #delta(message: Delta): Change {
    if (this.epoch === null || message.seq <= this.seq) return NOTHING;
    for (const entity of message.changed) this.entities.set(entity.id, entity);
    for (const id of message.removed) this.entities.delete(id);
    this.seq = message.seq;
    this.time = Math.max(this.time, message.time);
    this.deltas += 1;
    return { changed: message.changed.map((entity) => entity.id), removed: message.removed, whole: false };
  }
}

/** The service's clock, carried on by this machine's between messages: ages stay true when this clock is wrong. */
export class ServiceClock {
  #time = 0;
  #heard_ms = 0;

  note(time: number, monotonic_ms: number): void {
    if (time < this.now(monotonic_ms) - 1 || time > this.now(monotonic_ms)) {
      this.#time = time;
      this.#heard_ms = monotonic_ms;
    }
  }

  now(monotonic_ms: number): number {
    return this.#time === 0 ? 0 : this.#time + (monotonic_ms - this.#heard_ms) / 1000;
  }
}

export type Freshness = "fresh" | "late" | "stale";

/** How far an entity may be taken for the present: "late" from half way to its stale time. */
export function freshness(entity: Pick<Entity, "time" | "stale_time">, now: number): Freshness {
  if (now >= entity.stale_time) return "stale";
  return now - entity.time > (entity.stale_time - entity.time) / 2 ? "late" : "fresh";
}
