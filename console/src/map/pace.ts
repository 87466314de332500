/** How often to redraw what moves, so that a slow machine keeps time for people, video and messages. */

const SHORTEST_MS = 60;
const LONGEST_MS = 4_000;
/** Drawing may take up this share of the time. */
const SHARE = 0.3;

export class Pace {
  #cost_ms = 0;
  #last_ms = -LONGEST_MS;

  /** A redraw began and was on the screen at these moments. */
  note(started_ms: number, shown_ms: number): void {
    const cost = shown_ms - started_ms;
    this.#cost_ms = this.#cost_ms === 0 ? cost : 0.7 * this.#cost_ms + 0.3 * cost;
    this.#last_ms = shown_ms;
  }

  /** How long to wait before the next redraw. */
  wait(now_ms: number): number {
    const interval = Math.min(Math.max(SHORTEST_MS, this.#cost_ms * (1 / SHARE - 1)), LONGEST_MS);
    return Math.max(0, this.#last_ms + interval - now_ms);
  }
}
