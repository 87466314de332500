/** Keeps one WebSocket to the picture alive: subscribes, resumes, notices silence, comes back by itself. */

import type { EntityKind, PictureMessage, Subscribe } from "../doors";
import type { Picture } from "./reducer";

export type Connection = "connecting" | "live" | "silent" | "lost";

export interface ClientEvents {
  message(message: PictureMessage): void;
  connection(state: Connection, retry_ms: number): void;
  /** A connection was refused or cut; the owner may want to look whether it is still signed in. */
  refused(): void;
}

/** The service promises a message at least every 2 s. */
const SILENT_MS = 3_000;
const GIVE_UP_MS = 6_000;
const LISTEN_MS = 500;
const FIRST_RETRY_MS = 400;
const LONGEST_RETRY_MS = 5_000;

export class PictureClient {
  #socket: WebSocket | null = null;
  #heard_ms = 0;
  /** Time in which this page did not run at all is no silence of the service. */
  #listened_ms = 0;
  #retry_ms = FIRST_RETRY_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setInterval> | undefined;
  #state: Connection = "connecting";
  #stopped = false;

  constructor(
    readonly address: string,
    readonly picture: Picture,
    readonly events: ClientEvents,
    readonly wanted: { rate_hz: number; layers?: EntityKind[] } = { rate_hz: 5 },
  ) {}

  start(): void {
    this.#stopped = false;
    this.#listened_ms = performance.now();
    this.#watch = setInterval(() => this.#listen(), LISTEN_MS);
    window.addEventListener("online", this.#now);
    this.#open();
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#watch);
    clearTimeout(this.#timer);
    window.removeEventListener("online", this.#now);
    this.#drop();
  }

  /** Try again at once instead of waiting. */
  readonly #now = (): void => {
    if (this.#state === "lost") {
      clearTimeout(this.#timer);
      this.#open();
    }
  };

  retryNow(): void {
    this.#now();
  }

  #say(state: Connection, retry_ms = 0): void {
    this.#state = state;
    this.events.connection(state, retry_ms);
  }

  #open(): void {
    this.#drop();
    const socket = new WebSocket(this.address);
    this.#socket = socket;
    this.#heard_ms = performance.now();
    socket.onopen = () => {
      const resume = this.picture.resume();
      const subscribe: Subscribe = { type: "subscribe", ...this.wanted, ...(resume ? { resume } : {}) };
      socket.send(JSON.stringify(subscribe));
    };
    socket.onmessage = (event: MessageEvent<string>) => {
      const message = parse(event.data);
      if (message === null) return;
      this.#heard_ms = performance.now();
      this.#retry_ms = FIRST_RETRY_MS;
      this.events.message(message);
      if (message.type === "snapshot" || message.type === "delta") {
        socket.send(JSON.stringify({ type: "ack", seq: message.seq }));
      }
      if (this.#state !== "live") this.#say("live");
    };
    socket.onclose = () => {
      if (this.#socket === socket) this.#lose();
    };
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #lose(): void {
    this.#drop();
    if (this.#stopped) return;
    const wait = this.#retry_ms * (0.8 + 0.4 * Math.random());
    this.#retry_ms = Math.min(this.#retry_ms * 2, LONGEST_RETRY_MS);
    this.#say("lost", wait);
    this.events.refused();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#open(), wait);
  }

  #listen(): void {
    const now = performance.now();
    const slept = now - this.#listened_ms - LISTEN_MS;
    this.#listened_ms = now;
    if (slept > LISTEN_MS) this.#heard_ms = Math.min(this.#heard_ms + slept, now);
    if (this.#socket === null) return;
    const quiet = now - this.#heard_ms;
    if (quiet > GIVE_UP_MS) this.#lose();
    else if (quiet > SILENT_MS && this.#state === "live") this.#say("silent");
  }
}

function parse(text: string): PictureMessage | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && "type" in value ? (value as PictureMessage) : null;
  } catch {
    return null;
  }
}
